/** Reads a GraphQL request from HTTP, or says what is wrong with it. */

import type { IncomingMessage } from 'node:http';
import { ClientError, Code } from './errors.ts';
import type { OperationRequest } from './operations.ts';

/** The request never became an operation: an HTTP status and one error. */
export class RequestError extends Error {
  readonly status: number;
  readonly error: ClientError;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, error: ClientError, headers: Readonly<Record<string, string>> = {}) {
    super(error.message);
    this.status = status;
    this.error = error;
    this.headers = headers;
  }
}

/** Browsers send this only after asking us; any value will do. */
export const CSRF_HEADER = 'x-largesse-csrf';

const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** Reads the body of a POST request as one GraphQL operation. @throws RequestError */
export async function readOperation(request: IncomingMessage, bodyBytesMax: number): Promise<OperationRequest> {
  if (request.method !== 'POST') throw bad(405, 'Send a POST request.', { allow: 'POST' });
  refuseForgery(request);
  const contentType = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (contentType !== 'application/json') throw bad(415, 'Send application/json.');
  return parseOperation(await readBody(request, bodyBytesMax));
}

/** The caller's own id of the request, if it is fit to be logged and passed on. */
export function givenRequestId(request: IncomingMessage): string | undefined {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : undefined;
}

/**
 * A page of another site must prove by a header of its own making that the browser asked us first.
 * Programs that are not browsers send neither header and need nothing.
 */
function refuseForgery(request: IncomingMessage): void {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const isForeignOrigin = origin !== undefined && originHost(origin) !== host;
  const isForeign = site === undefined ? isForeignOrigin : site !== 'same-origin' && site !== 'none';
  if (isForeign && !request.headers[CSRF_HEADER]) {
    throw new RequestError(403, new ClientError(Code.csrfHeaderMissing, `Send the header ${CSRF_HEADER}.`));
  }
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

async function readBody(request: IncomingMessage, bytesMax: number): Promise<string> {
  // Made only when thrown: the stack of an error costs more than reading the body.
  const tooLarge = (): RequestError => bad(413, `At most ${bytesMax} bytes.`, { connection: 'close' });
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > bytesMax) {
      request.removeAllListeners('data');
      reject(tooLarge());
    } else {
      chunks.push(chunk);
    }
  });
  request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
  request.on('error', () => reject(bad(400, 'The body ended early.')));
  return promise;
}

function parseOperation(body: string): OperationRequest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw bad(400, 'The body is not JSON.');
  }
  if (Array.isArray(parsed)) throw bad(400, 'Send one operation, not a batch.');
  if (!isObject(parsed)) throw bad(400, 'The body is not a GraphQL request.');
  const { query, operationName, variables } = parsed;
  if (typeof query !== 'string' || query === '') throw bad(400, 'The body has no query.');
  if (operationName != null && typeof operationName !== 'string') throw bad(400, 'operationName is not text.');
  if (variables != null && !isObject(variables)) throw bad(400, 'variables is not an object.');
  return { query, operationName: operationName || undefined, variables: variables ?? {} };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(status: number, message: string, headers?: Record<string, string>): RequestError {
  return new RequestError(status, new ClientError(Code.badRequest, message), headers);
}
