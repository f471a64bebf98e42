/** Puts the gateway together from its settings. */

import type { Server } from 'node:http';
import { Documents } from './documents.ts';
import { Endpoint } from './endpoint.ts';
import { createEngine } from './engine.ts';
import { readGuards } from './guards.ts';
import { KeySet } from './keys.ts';
import { Live, LIVE } from './live.ts';
import type { Log } from './log.ts';
import { Metrics } from './metrics.ts';
import { Operations } from './operations.ts';
import { RateLimiter } from './rates.ts';
import { createGatewayServer } from './server.ts';
import type { Settings } from './settings.ts';
import { Subgraphs } from './subgraphs.ts';
import type { Supergraph } from './supergraph.ts';
import { TokenVerifier } from './tokens.ts';
import { createTracing } from './tracing.ts';

export interface Gateway {
  readonly server: Server;
  /** Finishes the requests under way, for at most the grace period, and lets go of everything. */
  stop(): Promise<void>;
}

export async function createGateway(settings: Settings, supergraph: Supergraph, log: Log): Promise<Gateway> {
  const metrics = new Metrics();
  const subgraphs = new Subgraphs(settings, metrics, log);
  const tracing = createTracing(settings);
  const engine = await createEngine(supergraph, subgraphs.call);
  const documents = new Documents(engine.schema, readGuards(supergraph), settings);
  const keys = new KeySet(new URL(settings.jwksUrl), settings.tokenKeysAgeMaxS * 1_000, (error) =>
    log.error('jwks_unreadable', { url: settings.jwksUrl, error }),
  );
  const tokens = new TokenVerifier({
    keys,
    issuer: settings.tokenIssuer,
    audience: settings.tokenAudience,
  });
  const rates = settings.rateLimitRequests === 0
    ? undefined
    : new RateLimiter(settings.rateLimitRequests, settings.rateLimitWindowS);
  const operations = new Operations(engine, documents, settings, log);
  const endpoint = new Endpoint({ operations, tokens, rates, tracing, metrics, log }, settings);
  const live = new Live(new URL(settings.subgraphUrls.get(LIVE) ?? ''), metrics, log);
  let isReady = true;
  const server = createGatewayServer({ endpoint, live, metrics, isReady: () => isReady }, settings);
  return {
    server,
    async stop() {
      isReady = false;
      live.close();
      await closeServer(server, settings.shutdownGraceS);
      await subgraphs.close();
      await tracing.close();
    },
  };
}

async function closeServer(server: Server, graceS: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  // Again and again: a connection whose last request has been answered would stay open.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const deadline = setTimeout(() => server.closeAllConnections(), graceS * 1_000);
  await promise;
  clearInterval(idle);
  clearTimeout(deadline);
}
