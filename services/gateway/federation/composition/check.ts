/**
 * `npm run check [-- --base REF --services FOLDER]`: fails when the schemas do not compose, when
 * supergraph.graphql is not what they compose to, or when front ends that work with the schema at
 * REF (default: main) would break.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { findBreakingChanges, type GraphQLSchema } from 'graphql';
import { publicSchema } from '../public_schema.ts';
import { parseSupergraph, SUPERGRAPH_FILE } from '../supergraph.ts';
import { compose, CompositionError, SERVICES } from './supergraph_sdl.ts';

const ACCEPTED_FILE = new URL('accepted_breaks.txt', import.meta.url);

function problems(services: URL, base: string): string[] {
  const { supergraphSdl } = compose(services);
  const committed = readFileSync(SUPERGRAPH_FILE, 'utf8');
  const drift = committed === supergraphSdl ? [] : ['supergraph.graphql is not what the schemas compose to: npm run compose'];
  const before = supergraphAt(base);
  if (before === undefined) return drift;
  const accepted = new Set(readFileSync(ACCEPTED_FILE, 'utf8').split('\n'));
  const breaks = findBreakingChanges(schemaOf(before), schemaOf(supergraphSdl))
    .map(({ description }) => `breaks front ends: ${description}`)
    .filter((description) => !accepted.has(description));
  return [...drift, ...breaks];
}

function schemaOf(supergraphSdl: string): GraphQLSchema {
  return publicSchema(parseSupergraph(supergraphSdl).schema);
}

/** The supergraph as committed at a revision; undefined where there was none. */
function supergraphAt(revision: string): string | undefined {
  try {
    const file = `${revision}:./supergraph.graphql`;
    const cwd = new URL('.', SUPERGRAPH_FILE);
    return execFileSync('git', ['show', file], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    process.stdout.write(`no supergraph at ${revision} to compare with\n`);
    return undefined;
  }
}

const { values } = parseArgs({ options: { base: { type: 'string' }, services: { type: 'string' } } });
const services = values.services === undefined ? SERVICES : pathToFileURL(`${values.services}/`);
try {
  const found = problems(services, values.base ?? 'main');
  for (const problem of found) process.stderr.write(`${problem}\n`);
  if (found.length > 0) process.exitCode = 1;
  else process.stdout.write('the schema composes, is up to date and breaks nobody\n');
} catch (error) {
  if (!(error instanceof CompositionError)) throw error;
  process.stderr.write(`the schemas do not compose:\n${error.message}\n`);
  process.exitCode = 1;
}
