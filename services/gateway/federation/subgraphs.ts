/** Requests to the subgraphs: kept-alive connections, a deadline, and nothing of what we know. */

import { defaultPrintFn } from '@graphql-tools/executor-common';
import { Pool, type Dispatcher } from 'undici';
import type { CallSubgraph, RawResult, SubgraphRequest } from './engine.ts';
import { Code } from './errors.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

export interface SubgraphRules {
  readonly subgraphUrls: ReadonlyMap<string, string>;
  readonly upstreamTimeoutMs: number;
  readonly upstreamConnections: number;
}

interface Subgraph {
  readonly name: string;
  readonly path: string;
  readonly pool: Pool;
}

/** All subgraphs, each with its pool of connections. */
export class Subgraphs {
  readonly #byName: ReadonlyMap<string, Subgraph>;
  readonly #metrics: Metrics;
  readonly #log: Log;

  constructor(rules: SubgraphRules, metrics: Metrics, log: Log) {
    this.#metrics = metrics;
    this.#log = log;
    for (const name of rules.subgraphUrls.keys()) metrics.subgraphKnown(name);
    this.#byName = new Map(
      [...rules.subgraphUrls].map(([name, url]) => [name, openSubgraph(name, new URL(url), rules)]),
    );
  }

  /** Asks one subgraph; a query whose connection was closed under it is asked once more. */
  readonly call: CallSubgraph = async (name, request) => {
    const subgraph = this.#byName.get(name);
    if (subgraph === undefined) return unavailable();
    const trace = request.caller.trace(name);
    const startedAt = performance.now();
    try {
      const result = await this.#ask(subgraph, request, trace?.traceparent);
      trace?.end(false);
      return result;
    } catch (error) {
      trace?.end(true);
      this.#metrics.subgraphFailed(name);
      this.#log.error('subgraph_unavailable', { subgraph: name, request_id: request.caller.requestId, error });
      return unavailable();
    } finally {
      this.#metrics.subgraphAnswered(name, (performance.now() - startedAt) / 1_000);
    }
  };

  async close(): Promise<void> {
    await Promise.all([...this.#byName.values()].map(({ pool }) => pool.close()));
  }

  async #ask(subgraph: Subgraph, request: SubgraphRequest, traceparent: string | undefined): Promise<RawResult> {
    // The printer remembers each document, and the planner keeps its documents: printed once.
    const body = JSON.stringify({ query: defaultPrintFn(request.document), variables: request.variables });
    const headers = headersOf(request, traceparent);
    try {
      return await post(subgraph, headers, body);
    } catch (error) {
      if (request.isMutation || !wasClosedUnderUs(error)) throw error;
      return post(subgraph, headers, body);
    }
  }
}

function openSubgraph(name: string, url: URL, rules: SubgraphRules): Subgraph {
  const pool = new Pool(url.origin, {
    connections: rules.upstreamConnections,
    pipelining: 1,
    // Shorter than the 5 s after which uvicorn closes idle connections: we must be the first.
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 4_000,
    connectTimeout: Math.min(rules.upstreamTimeoutMs, 5_000),
    headersTimeout: rules.upstreamTimeoutMs,
    bodyTimeout: rules.upstreamTimeoutMs,
  });
  return { name, path: url.pathname + url.search, pool };
}

function headersOf(request: SubgraphRequest, traceparent: string | undefined): string[] {
  const { authorization, requestId } = request.caller;
  const headers = ['content-type', 'application/json', 'accept', 'application/json', 'x-request-id', requestId];
  // The token itself goes on, never what we read in it: each subgraph verifies for itself.
  if (authorization !== undefined) headers.push('authorization', authorization);
  if (traceparent !== undefined) headers.push('traceparent', traceparent);
  return headers;
}

/** Below the stream interface of undici: half the CPU of `fetch` for answers that are one JSON. */
function post(subgraph: Subgraph, headers: string[], body: string): Promise<RawResult> {
  const { promise, resolve, reject } = Promise.withResolvers<RawResult>();
  const chunks: Buffer[] = [];
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: () => {},
    onResponseStart: () => {},
    onResponseData: (_controller, chunk) => chunks.push(chunk),
    onResponseEnd: () => {
      try {
        resolve(readResult(chunks));
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    },
    onResponseError: (_controller, error) => reject(error),
  };
  subgraph.pool.dispatch({ path: subgraph.path, method: 'POST', headers, body }, handler);
  return promise;
}

function readResult(chunks: readonly Buffer[]): RawResult {
  const [first] = chunks;
  const text = (chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks)).toString();
  const result: unknown = JSON.parse(text);
  const isResult = typeof result === 'object' && result !== null && ('data' in result || 'errors' in result);
  if (!isResult) throw new Error('the answer is not a GraphQL result');
  return result as RawResult;
}

function wasClosedUnderUs(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(String(error.code));
}

function unavailable(): RawResult {
  return { data: null, errors: [{ message: 'unavailable', extensions: { code: Code.serviceUnavailable } }] };
}
