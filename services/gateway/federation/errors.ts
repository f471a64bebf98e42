/** The codes a caller may see, and the mask over everything else. The table is docs/errors.md. */

import type { GraphQLFormattedError } from 'graphql';

/** Codes of the gateway's own refusals. */
export const Code = {
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'FORBIDDEN',
  badRequest: 'BAD_REQUEST',
  badUserInput: 'BAD_USER_INPUT',
  csrfHeaderMissing: 'CSRF_HEADER_MISSING',
  parseFailed: 'GRAPHQL_PARSE_FAILED',
  validationFailed: 'GRAPHQL_VALIDATION_FAILED',
  operationTooLarge: 'OPERATION_TOO_LARGE',
  costLimitExceeded: 'COST_LIMIT_EXCEEDED',
  introspectionDisabled: 'INTROSPECTION_DISABLED',
  rateLimited: 'RATE_LIMITED',
  serviceUnavailable: 'SERVICE_UNAVAILABLE',
  internal: 'INTERNAL_SERVER_ERROR',
} as const;

export type Code = (typeof Code)[keyof typeof Code];

/** What subgraphs may say to the caller in their own words. */
const SUBGRAPH_CODES: ReadonlySet<unknown> = new Set([
  Code.unauthenticated,
  Code.forbidden,
  Code.badUserInput,
]);

const MESSAGES = {
  [Code.internal]: 'Unexpected error.',
  [Code.serviceUnavailable]: 'A part of the service does not answer. Try again with the same ids.',
} as const;

/** An error to show as it is. `details` join the code in `extensions` and must be safe to show. */
export class ClientError extends Error {
  readonly code: Code;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: Code, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }

  format(): GraphQLFormattedError {
    return { message: this.message, extensions: { code: this.code, ...this.details } };
  }
}

/** What the engine and the subgraphs hand us: loosely shaped, and never shown unmasked. */
export interface RawError {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The error as the response shows it: text and code only where the code is on the list.
 *
 * @param onMasked is told of each error whose text is withheld, for the log
 */
export function mask(
  error: RawError,
  requestId: string,
  onMasked: (error: RawError) => void,
): GraphQLFormattedError {
  const path = error.path === undefined ? {} : { path: error.path };
  const code = error.extensions?.['code'];
  if (SUBGRAPH_CODES.has(code)) {
    const reason = error.extensions?.['reason'];
    const details = typeof reason === 'string' ? { reason } : {};
    return { message: error.message, ...path, extensions: { code, ...details } };
  }
  onMasked(error);
  const shown = code === Code.serviceUnavailable ? Code.serviceUnavailable : Code.internal;
  return { message: MESSAGES[shown], ...path, extensions: { code: shown, requestId } };
}
