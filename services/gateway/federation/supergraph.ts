/** The composed schema: what `compose` wrote, and what the other modules need to know of it. */

import { readFileSync } from 'node:fs';
import { buildASTSchema, Kind, parse, type DocumentNode, type GraphQLSchema } from 'graphql';

export interface Supergraph {
  readonly sdl: string;
  readonly document: DocumentNode;
  /** With the federation's own directives and types still in it. */
  readonly schema: GraphQLSchema;
  /** Subgraph names by the name of their value in the enum `join__Graph`. */
  readonly subgraphs: ReadonlyMap<string, string>;
}

export const SUPERGRAPH_FILE = new URL('../supergraph.graphql', import.meta.url);

export function readSupergraph(file: URL = SUPERGRAPH_FILE): Supergraph {
  return parseSupergraph(readFileSync(file, 'utf8'));
}

export function parseSupergraph(sdl: string): Supergraph {
  const document = parse(sdl, { noLocation: true });
  const schema = buildASTSchema(document, { assumeValid: true, assumeValidSDL: true });
  return { sdl, document, schema, subgraphs: subgraphNames(document) };
}

function subgraphNames(document: DocumentNode): Map<string, string> {
  const names = new Map<string, string>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') continue;
    for (const value of definition.values ?? []) {
      const graph = value.directives?.find((directive) => directive.name.value === 'join__graph');
      const name = graph?.arguments?.find((argument) => argument.name.value === 'name')?.value;
      if (name?.kind === Kind.STRING) names.set(value.name.value, name.value);
    }
  }
  return names;
}
