/** The HTTP server: which path does what. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { answerCors } from './cors.ts';
import type { Endpoint } from './endpoint.ts';
import { graphiqlPage } from './graphiql.ts';
import { wantsEvents, wantsWebSocket, type Live } from './live.ts';
import type { Metrics } from './metrics.ts';

export interface ServerRules {
  readonly development: boolean;
  readonly corsOrigins: ReadonlySet<string>;
}

export interface ServerParts {
  readonly endpoint: Endpoint;
  readonly live: Live;
  readonly metrics: Metrics;
  /** False while shutting down: take no new traffic. */
  readonly isReady: () => boolean;
}

/** For browsers: nothing here is another type than it says, belongs into a frame, or tells where it was. */
const SAFE_HEADERS: ReadonlyMap<string, string> = new Map([
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
]);

export function createGatewayServer(parts: ServerParts, rules: ServerRules): Server {
  const server = createServer(
    { shouldUpgradeCallback: wantsWebSocket },
    (request, response) => {
      for (const [name, value] of SAFE_HEADERS) response.setHeader(name, value);
      void route(request, response, parts, rules);
    },
  );
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (pathOf(request) === '/graphql') parts.live.passSocket(request, socket, head);
    else socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
  // Longer than the idle time of the load balancers in front, so that they close first.
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 66_000;
  server.requestTimeout = 30_000;
  return server;
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  parts: ServerParts,
  rules: ServerRules,
): Promise<void> {
  switch (pathOf(request)) {
    case '/graphql':
      if (answerCors(request, response, rules.corsOrigins)) return;
      if (rules.development && wantsPage(request)) return sendText(response, 200, 'text/html; charset=utf-8', await graphiqlPage());
      if (wantsEvents(request)) return parts.live.passEvents(request, response);
      return parts.endpoint.handle(request, response);
    case '/livez':
    case '/healthcheck':
      return sendText(response, 200, 'text/plain', 'ok\n');
    case '/readyz':
    case '/readiness':
      return parts.isReady()
        ? sendText(response, 200, 'text/plain', 'ready\n')
        : sendText(response, 503, 'text/plain', 'shutting down\n');
    case '/metrics':
      return sendText(response, 200, parts.metrics.contentType, await parts.metrics.text());
    default:
      return sendText(response, 404, 'text/plain', 'not here: GraphQL is at /graphql\n');
  }
}

function pathOf(request: IncomingMessage): string | undefined {
  return request.url?.split('?', 1)[0];
}

function wantsPage(request: IncomingMessage): boolean {
  return request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
}

function sendText(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
