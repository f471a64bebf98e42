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
 * @param services a folder whose folders may hold a `schema.graphql` each
 * @throws CompositionError
 */
export function compose(services: URL = SERVICES): Composed {
  const names = readdirSync(services).filter((name) => existsSync(schemaFile(services, name))).sort();
  if (names.length === 0) throw new CompositionError(`no service in ${services.pathname} has a schema.graphql`);
  const result = composeServices(
    names.map((name) => ({
      name,
      typeDefs: parse(readFileSync(schemaFile(services, name), 'utf8')),
      // Where a service runs is a setting of the gateway (GATEWAY_<NAME>_URL), not of the schema.
      url: `http://${name}/graphql`,
    })),
  );
  if (compositionHasErrors(result)) {
    throw new CompositionError(result.errors.map((error) => error.message).join('\n'));
  }
  const header = '# Composed from services/*/schema.graphql by `npm run compose`: do not edit.\n\n';
  return { supergraphSdl: `${header}${result.supergraphSdl.trim()}\n`, publicSdl: result.publicSdl, subgraphs: names };
}

function schemaFile(services: URL, name: string): URL {
  return new URL(`${name}/schema.graphql`, services);
}
