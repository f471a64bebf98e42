/** Which front ends on other origins a browser may let in: those in the settings, no others. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { CSRF_HEADER } from './requests.ts';

const HEADERS = ['authorization', 'content-type', 'traceparent', 'x-request-id', CSRF_HEADER].join(', ');
const EXPOSED = ['ratelimit', 'ratelimit-policy', 'retry-after', 'x-request-id'].join(', ');

/** Allows the origin, if it is listed. @returns whether the request was a preflight and is answered */
export function answerCors(request: IncomingMessage, response: ServerResponse, origins: ReadonlySet<string>): boolean {
  const { origin } = request.headers;
  if (origin !== undefined && origins.has(origin)) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', EXPOSED);
    response.setHeader('vary', 'origin');
  }
  if (request.method !== 'OPTIONS') return false;
  response.setHeader('access-control-allow-methods', 'POST');
  response.setHeader('access-control-allow-headers', HEADERS);
  response.setHeader('access-control-max-age', '600');
  response.writeHead(204).end();
  return true;
}
