/** The gateway's process: `node federation/start.ts`. */

import { createLog } from './log.ts';
import { withSecretFiles } from './secret_files.ts';
import { readSettings, SettingsError } from './settings.ts';
import { readSupergraph } from './supergraph.ts';

async function main(): Promise<void> {
  const supergraph = readSupergraph();
  const settings = readSettings(withSecretFiles(process.env), [...supergraph.subgraphs.values()]);
  const log = createLog(settings.logFormat);
  // Loaded once the settings are known to be good: it takes a second.
  const { createGateway } = await import('./gateway.ts');
  const gateway = await createGateway(settings, supergraph, log);

  gateway.server.once('error', (error: NodeJS.ErrnoException) => {
    const remedy = error.code === 'EADDRINUSE' ? 'the port is taken: set GATEWAY_PORT' : error.message;
    fail(`cannot listen on ${settings.host}:${settings.port}: ${remedy}`);
  });
  gateway.server.listen(settings.port, settings.host, () => {
    log.info('listening', { url: `http://${settings.host}:${settings.port}/graphql` });
  });

  let stopping = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info('stopping', { signal });
    await gateway.stop();
    log.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function fail(message: string): never {
  process.stderr.write(`gateway: ${message}\n`);
  process.exit(2);
}

main().catch((error: unknown) => {
  if (error instanceof SettingsError) fail(error.message);
  throw error;
});
