/** Composes the services' committed schemas into one. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { composeServices, compositionHasErrors } from '@theguild/federation-composition';
import { parse } from 'graphql';

/** Composition failed; the message has one line for each reason. */
export class CompositionError extends Error {}

export const SERVICES = new URL('../../../', import.meta.url);

export interface Composed {
  readonly supergraphSdl: string;
  /** The schema as callers see it. */
  readonly publicSdl: string;
  readonly subgraphs: readonly string[];
}

/**
 * @param services a folder like `services/`
 * @throws CompositionError
 */
export function compose(services: URL = SERVICES): Composed {
  const files = schemaFiles(services);
  const names = [...files.keys()].sort();
  if (names.length === 0) throw new CompositionError(`no service in ${services.pathname} has a schema.graphql`);
  const result = composeServices(
    names.map((name) => ({
      name,
      typeDefs: parse(readFileSync(files.get(name)!, 'utf8')),
      // Where a service runs is a setting of the gateway (GATEWAY_<NAME>_URL), not of the schema.
      url: `http://${name}/graphql`,
    })),
  );
  if (compositionHasErrors(result)) {
    throw new CompositionError(result.errors.map((error) => error.message).join('\n'));
  }
  const header = '# Composed from services/**/schema.graphql by `npm run compose`: do not edit.\n\n';
  return { supergraphSdl: `${header}${result.supergraphSdl.trim()}\n`, publicSdl: result.publicSdl, subgraphs: names };
}

/** The schema of each subgraph by its name: of every service, and of the live hub, which is ours. */
function schemaFiles(services: URL): Map<string, URL> {
  const ofServices = readdirSync(services).map((name): [string, URL] => [name, new URL(`${name}/schema.graphql`, services)]);
  const ofHub: [string, URL] = ['live', new URL('gateway/src/live_hub/schema.graphql', services)];
  return new Map([...ofServices, ofHub].filter(([, file]) => existsSync(file)));
}
