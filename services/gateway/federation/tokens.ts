/** Who is calling: verifies tokens at the edge. Each subgraph verifies the same token again. */

import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { ClientError, Code } from './errors.ts';
import type { KeySet } from './keys.ts';

export interface Viewer {
  readonly sub: string;
  readonly scopes: ReadonlySet<string>;
}

export interface TokenRules {
  readonly keys: KeySet;
  readonly issuer: string;
  readonly audience: string;
}

const ALGORITHMS = ['EdDSA', 'ES256'];
const LEEWAY_S = 5;
const CACHED_MAX = 10_000;
const TOKEN_CHARS_MAX = 8_192;
const SUBJECT = /^[A-Za-z0-9._:@-]{1,64}$/;

interface Proved {
  readonly viewer: Viewer;
  readonly expiresAtMs: number;
}

/** Verifies each token once and remembers the outcome until it expires or keys change, in a bounded cache. */
export class TokenVerifier {
  readonly #rules: TokenRules;
  readonly #proved = new Map<string, Proved>();
  #provedBy: JWTVerifyGetKey | undefined;

  constructor(rules: TokenRules) {
    this.#rules = rules;
  }

  /**
   * The caller, from the `Authorization` header; undefined without one.
   *
   * @throws ClientError UNAUTHENTICATED when the token is expired or proves nothing,
   *   SERVICE_UNAVAILABLE when the keys cannot be read
   */
  async viewer(authorization: string | undefined): Promise<Viewer | undefined> {
    if (authorization === undefined) return undefined;
    const token = /^bearer +([\w.~+/=-]+) *$/i.exec(authorization)?.[1];
    if (token === undefined || token.length > TOKEN_CHARS_MAX) throw unauthenticated('token_invalid');
    await this.#forgetWhatOtherKeysProved();
    const proved = this.#proved.get(token) ?? (await this.#prove(token));
    if (Date.now() > proved.expiresAtMs) {
      this.#proved.delete(token);
      throw unauthenticated('token_expired');
    }
    return proved.viewer;
  }

  async #forgetWhatOtherKeysProved(): Promise<void> {
    const current = await this.#rules.keys.current().catch(() => undefined);
    if (current !== this.#provedBy) this.#proved.clear();
    this.#provedBy = current;
  }

  async #prove(token: string): Promise<Proved> {
    const provedBy = this.#provedBy;
    const payload = await this.#verify(token);
    const proved = {
      viewer: viewerOf(payload),
      expiresAtMs: ((payload.exp ?? 0) + LEEWAY_S) * 1_000,
    };
    // Meanwhile the keys may have become others, and what these proved was forgotten.
    if (this.#provedBy !== provedBy) return proved;
    if (this.#proved.size >= CACHED_MAX) {
      this.#proved.delete(this.#proved.keys().next().value ?? '');
    }
    this.#proved.set(token, proved);
    return proved;
  }

  async #verify(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, this.#rules.keys.find, {
        algorithms: ALGORITHMS,
        issuer: this.#rules.issuer,
        audience: this.#rules.audience,
        clockTolerance: LEEWAY_S,
        requiredClaims: ['sub', 'exp'],
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw unauthenticated('token_expired');
      if (!(error instanceof errors.JOSEError)) {
        throw new ClientError(Code.serviceUnavailable, 'Tokens cannot be checked now. Try again.');
      }
      throw unauthenticated('token_invalid');
    }
  }
}

const MESSAGES = {
  token_missing: 'Sign in first: this needs a token.',
  token_invalid: 'The token is not valid.',
  token_expired: 'The token has expired: get a new one and ask again.',
};

/** The error for a caller whom we do not know. `reason` is stable and for programs. */
export function unauthenticated(reason: keyof typeof MESSAGES): ClientError {
  return new ClientError(Code.unauthenticated, MESSAGES[reason], { reason });
}

function viewerOf(payload: JWTPayload): Viewer {
  const { sub, scope = '' } = payload;
  if (typeof sub !== 'string' || !SUBJECT.test(sub) || typeof scope !== 'string') {
    throw unauthenticated('token_invalid');
  }
  return { sub, scopes: new Set(scope.split(/\s+/).filter(Boolean)) };
}
