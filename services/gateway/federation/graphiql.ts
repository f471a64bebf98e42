/** GraphiQL for development, with the operations of a front end as tabs to try. */

import { readFileSync } from 'node:fs';
import { Kind, parse } from 'graphql';

const OPERATIONS_FILE = new URL('examples/operations.graphql', import.meta.url);
const VARIABLES_FILE = new URL('examples/variables.json', import.meta.url);

export interface Example {
  readonly name: string;
  readonly query: string;
  readonly variables: string;
}

/** One example for each operation in the file, with the comments that belong to it. */
export function readExamples(): Example[] {
  const source = readFileSync(OPERATIONS_FILE, 'utf8');
  const variables = JSON.parse(readFileSync(VARIABLES_FILE, 'utf8')) as Record<string, unknown>;
  return parse(source).definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION || definition.loc === undefined) return [];
    const name = definition.name?.value ?? '';
    const query = source.slice(definition.loc.start, definition.loc.end);
    return [{ name, query, variables: JSON.stringify(variables[name] ?? {}, null, 2) }];
  });
}

const HINT = '# Headers: "authorization": "Bearer …" with what `make token SUB=alice SCOPE="viewer creator"` prints.';

let page: Promise<string> | undefined;

/** The page; made on the first call, since its script has megabytes. */
export function graphiqlPage(): Promise<string> {
  page ??= renderPage();
  return page;
}

async function renderPage(): Promise<string> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  // Empty, and so no token at all, until somebody pastes one: the schema can be read without.
  const headers = JSON.stringify({ authorization: '' }, null, 2);
  const tabs = readExamples().map(({ query, variables }) => ({ query: `${HINT}\n${query}`, variables, headers }));
  return renderGraphiQL({ title: 'Largesse', defaultTabs: tabs, headers, shouldPersistHeaders: true });
}
