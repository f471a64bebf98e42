/**
 * Passes subscriptions on to the live hub, byte by byte: WebSockets, and requests for server-sent
 * events. The hub answers for all that is in them, tokens included. Where there are many viewers,
 * the route in front sends these straight to the hub, under the same address.
 */

import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { ClientError, Code } from './errors.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

/** The hub's name in the supergraph. */
export const LIVE = 'live';

const UNAVAILABLE = JSON.stringify({
  errors: [new ClientError(Code.serviceUnavailable, 'What is live cannot be followed now. Try again.').format()],
});
const UNAVAILABLE_HEADERS = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(UNAVAILABLE) };

/** Meant for one connection, not for the one behind it (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

/** Whether a request is to be upgraded to a WebSocket; others that could be are answered as they are. */
export function wantsWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket';
}

/**
 * Whether a request is for server-sent events and nothing else: some clients say of every query
 * that they would take these, too.
 */
export function wantsEvents(request: IncomingMessage): boolean {
  const accept = request.headers.accept ?? '';
  return accept.includes('text/event-stream') && !/json|\*\/\*/.test(accept);
}

export class Live {
  readonly #hub: URL;
  readonly #metrics: Metrics;
  readonly #log: Log;
  readonly #open = new Set<Duplex>();

  /** @param hub where the hub serves subscriptions; `http:` */
  constructor(hub: URL, metrics: Metrics, log: Log) {
    this.#hub = hub;
    this.#metrics = metrics;
    this.#log = log;
  }

  /** Passes a WebSocket on, from its first request to its last byte. */
  passSocket(request: IncomingMessage, client: Duplex, head: Buffer): void {
    const hub = connect({ host: this.#hub.hostname, port: Number(this.#hub.port) || 80, noDelay: true });
    this.#track(client);
    let isConnected = false;
    hub.once('connect', () => {
      isConnected = true;
      hub.write(this.#requestHead(request));
      hub.write(head);
      client.pipe(hub);
      hub.pipe(client);
    });
    hub.once('error', (error) => {
      if (isConnected) return void client.destroy();
      this.#failed(error);
      client.end(`HTTP/1.1 503 Service Unavailable\r\n${headerLines(Object.entries(UNAVAILABLE_HEADERS))}\r\n${UNAVAILABLE}`);
    });
    client.once('error', () => hub.destroy());
    client.once('close', () => hub.destroy());
    hub.once('close', () => isConnected && client.destroy());
  }

  /** Passes a request on, and its answer as it comes. */
  passEvents(request: IncomingMessage, response: ServerResponse): void {
    this.#track(request.socket);
    const asked = httpRequest({
      host: this.#hub.hostname,
      port: Number(this.#hub.port) || 80,
      path: this.#path(request),
      method: request.method ?? 'GET',
      headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => !HOP_BY_HOP.has(name))),
      agent: false,
    });
    asked.once('response', (answer) => {
      const headers = Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.has(name));
      response.writeHead(answer.statusCode ?? 502, Object.fromEntries(headers));
      response.flushHeaders();
      answer.pipe(response);
      // The hub went away in the middle: the client must not take what it has for all there is.
      answer.once('error', () => response.destroy());
      answer.once('aborted', () => response.destroy());
    });
    asked.once('error', (error) => {
      if (response.headersSent || response.destroyed) return void response.destroy();
      this.#failed(error);
      response.writeHead(503, UNAVAILABLE_HEADERS).end(UNAVAILABLE);
    });
    response.once('close', () => asked.destroy());
    request.pipe(asked);
  }

  /** Ends every stream: clients come back, to another process. */
  close(): void {
    for (const client of this.#open) client.destroy();
  }

  #track(client: Duplex): void {
    if (this.#open.has(client)) return;
    this.#open.add(client);
    client.once('close', () => this.#open.delete(client));
  }

  #requestHead(request: IncomingMessage): string {
    const pairs: [string, string][] = [];
    for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
      pairs.push([request.rawHeaders[at] ?? '', request.rawHeaders[at + 1] ?? '']);
    }
    return `GET ${this.#path(request)} HTTP/1.1\r\n${headerLines(pairs)}\r\n`;
  }

  #path(request: IncomingMessage): string {
    const query = request.url?.indexOf('?') ?? -1;
    return this.#hub.pathname + (query < 0 ? '' : (request.url ?? '').slice(query));
  }

  #failed(error: Error): void {
    this.#metrics.subgraphFailed(LIVE);
    this.#log.error('subgraph_unavailable', { subgraph: LIVE, error });
  }
}

function headerLines(pairs: readonly (readonly [string, string | number])[]): string {
  return pairs.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}
