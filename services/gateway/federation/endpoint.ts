/** `POST /graphql`: from an HTTP request to an HTTP response. */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DocumentError } from './documents.ts';
import type { Caller } from './engine.ts';
import { ClientError, Code } from './errors.ts';
import type { Log } from './log.ts';
import type { Metrics, Outcome } from './metrics.ts';
import type { Answer, Operations } from './operations.ts';
import { rateHeaders, type RateLimiter } from './rates.ts';
import { givenRequestId, readOperation, RequestError } from './requests.ts';
import type { TokenVerifier, Viewer } from './tokens.ts';
import type { RequestTrace, Tracing } from './tracing.ts';

export interface EndpointRules {
  readonly bodyBytesMax: number;
  readonly trustForwardedFor: boolean;
}

export interface EndpointParts {
  readonly operations: Operations;
  readonly tokens: TokenVerifier;
  /** Undefined: no limit. */
  readonly rates: RateLimiter | undefined;
  readonly tracing: Tracing;
  readonly metrics: Metrics;
  readonly log: Log;
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly answer: Answer;
  readonly outcome: Outcome;
}

export class Endpoint {
  readonly #parts: EndpointParts;
  readonly #rules: EndpointRules;

  constructor(parts: EndpointParts, rules: EndpointRules) {
    this.#parts = parts;
    this.#rules = rules;
  }

  /** Answers one request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = performance.now();
    const requestId = givenRequestId(request) ?? randomUUID();
    const trace = this.#parts.tracing.request(singleHeader(request, 'traceparent'));
    const rate: Record<string, string> = {};
    const reply = await this.#reply(request, requestId, trace, rate);
    for (const error of reply.answer.errors ?? []) this.#parts.metrics.errorShown(String(error.extensions?.['code']));
    this.#parts.metrics.answered(reply.outcome, (performance.now() - startedAt) / 1_000);
    trace.end(reply.outcome === 'refused');
    send(response, reply, { 'x-request-id': requestId, ...rate, ...reply.headers });
  }

  async #reply(
    request: IncomingMessage,
    requestId: string,
    trace: RequestTrace,
    rate: Record<string, string>,
  ): Promise<Reply> {
    try {
      return await this.#run(request, requestId, trace, rate);
    } catch (error) {
      if (error instanceof DocumentError) return ok({ errors: error.errors }, 'refused');
      if (error instanceof ClientError) return ok({ data: null, errors: [error.format()] }, 'refused');
      if (error instanceof RequestError) {
        const { status, headers } = error;
        return { status, headers, answer: { errors: [error.error.format()] }, outcome: 'refused' };
      }
      // A defect of ours must not end the process: everybody else's requests are in it too.
      this.#parts.log.error('request_failed', { request_id: requestId, error });
      const shown = new ClientError(Code.internal, 'Unexpected error.', { requestId });
      return { status: 500, headers: {}, answer: { errors: [shown.format()] }, outcome: 'errors' };
    }
  }

  async #run(
    request: IncomingMessage,
    requestId: string,
    trace: RequestTrace,
    rate: Record<string, string>,
  ): Promise<Reply> {
    const asked = await readOperation(request, this.#rules.bodyBytesMax);
    trace.describe(asked.operationName);
    const authorization = request.headers.authorization || undefined;
    const viewer = await this.#viewer(request, authorization, rate);
    const caller: Caller = { authorization, requestId, trace: (subgraph) => trace.subgraph(subgraph) };
    const answer = await this.#parts.operations.run(asked, viewer, caller);
    return ok(answer, answer.errors === undefined ? 'ok' : 'errors');
  }

  /** Who calls, once; counted by subject, or by address when there is none or a bad token. */
  async #viewer(
    request: IncomingMessage,
    authorization: string | undefined,
    rate: Record<string, string>,
  ): Promise<Viewer | undefined> {
    try {
      const viewer = await this.#parts.tokens.viewer(authorization);
      this.#count(viewer === undefined ? this.#address(request) : `sub:${viewer.sub}`, rate);
      return viewer;
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.#count(this.#address(request), rate);
      const isUnauthenticated = error.code === Code.unauthenticated;
      const headers = isUnauthenticated ? { 'www-authenticate': 'Bearer error="invalid_token"' } : {};
      throw new RequestError(isUnauthenticated ? 401 : 503, error, headers);
    }
  }

  #count(caller: string, rate: Record<string, string>): void {
    const limiter = this.#parts.rates;
    if (limiter === undefined) return;
    const allowance = limiter.take(caller);
    Object.assign(rate, rateHeaders(limiter, allowance));
    if (allowance.allowed) return;
    const message = `Too many requests: try again in ${allowance.retryAfterS} s.`;
    throw new RequestError(429, new ClientError(Code.rateLimited, message));
  }

  #address(request: IncomingMessage): string {
    const forwarded = this.#rules.trustForwardedFor ? singleHeader(request, 'x-forwarded-for') : undefined;
    return `address:${forwarded?.split(',').at(-1)?.trim() || request.socket.remoteAddress || ''}`;
  }
}

function ok(answer: Answer, outcome: Outcome): Reply {
  return { status: 200, headers: {}, answer, outcome };
}

function singleHeader(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : value?.at(-1);
}

function send(response: ServerResponse, reply: Reply, headers: Readonly<Record<string, string>>): void {
  const body = JSON.stringify(reply.answer);
  response.writeHead(reply.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(body);
}
