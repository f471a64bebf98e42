/** `npm run compose`: writes supergraph.graphql. */

import { writeFileSync } from 'node:fs';
import { SUPERGRAPH_FILE } from '../supergraph.ts';
import { compose, CompositionError } from './supergraph_sdl.ts';

try {
  const { supergraphSdl, subgraphs } = compose();
  writeFileSync(SUPERGRAPH_FILE, supergraphSdl);
  process.stdout.write(`composed ${subgraphs.join(', ')} into supergraph.graphql\n`);
} catch (error) {
  if (!(error instanceof CompositionError)) throw error;
  process.stderr.write(`the schemas do not compose:\n${error.message}\n`);
  process.exitCode = 1;
}
