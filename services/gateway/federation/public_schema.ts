/** The schema as callers see it, without what only the federation needs. */

import { filterInternalFieldsAndTypes } from '@graphql-tools/federation';
import { GraphQLSchema } from 'graphql';

export function publicSchema(supergraph: GraphQLSchema): GraphQLSchema {
  const filtered = filterInternalFieldsAndTypes(supergraph);
  const config = filtered.toConfig();
  return new GraphQLSchema({
    ...config,
    types: config.types.filter(({ name }) => !isFederations(name)),
    directives: config.directives.filter((directive) => !directive.args.some(({ type }) => isFederations(String(type)))),
    assumeValid: true,
  });
}

/** Such as `requiresScopes__Scope`; the names of GraphQL's own types begin with the underscores. */
function isFederations(name: string): boolean {
  return /\w__\w/.test(name.replace(/^__/, ''));
}
