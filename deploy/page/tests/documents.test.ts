/** What the page asks is what the one schema answers. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildASTSchema, parse, validate } from 'graphql';
import * as documents from '../src/api/documents.ts';

const SUPERGRAPH = new URL('../../../services/gateway/supergraph.graphql', import.meta.url);

// What the composition says to the gateway is in directives that are not declared for us.
const schema = buildASTSchema(parse(readFileSync(SUPERGRAPH, 'utf8')), { assumeValid: true });

for (const [name, document] of Object.entries(documents)) {
  test(`${name} is valid`, () => {
    assert.deepEqual(validate(schema, parse(document)).map(({ message }) => message), []);
  });
}
