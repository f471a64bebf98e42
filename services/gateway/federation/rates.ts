/** How many requests a caller may make: a bucket per caller, refilled evenly over the window. */

interface Bucket {
  tokens: number;
  atMs: number;
}

/** What a request found in its caller's bucket. */
export interface Allowance {
  readonly allowed: boolean;
  /** Whole requests left. */
  readonly remaining: number;
  /** Seconds until one more request is allowed; 0 when one is. */
  readonly retryAfterS: number;
}

const CALLERS_MAX = 100_000;

/** In this process only: with several gateways a caller has as many buckets. */
export class RateLimiter {
  readonly policy: string;
  readonly #requests: number;
  readonly #windowMs: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param requests most at once and per window */
  constructor(requests: number, windowS: number, now: () => number = Date.now) {
    this.policy = `"caller";q=${requests};w=${windowS}`;
    this.#requests = requests;
    this.#windowMs = windowS * 1_000;
    this.#now = now;
  }

  /** Counts one request of the caller. */
  take(caller: string): Allowance {
    const now = this.#now();
    const bucket = this.#refilled(caller, now);
    if (bucket.tokens < 1) {
      const waitMs = ((1 - bucket.tokens) * this.#windowMs) / this.#requests;
      return { allowed: false, remaining: 0, retryAfterS: Math.max(1, Math.ceil(waitMs / 1_000)) };
    }
    bucket.tokens -= 1;
    return { allowed: true, remaining: Math.floor(bucket.tokens), retryAfterS: 0 };
  }

  #refilled(caller: string, now: number): Bucket {
    const bucket = this.#buckets.get(caller);
    if (bucket === undefined) {
      if (this.#buckets.size >= CALLERS_MAX) this.#forgetIdle(now);
      const fresh = { tokens: this.#requests, atMs: now };
      this.#buckets.set(caller, fresh);
      return fresh;
    }
    const refill = ((now - bucket.atMs) * this.#requests) / this.#windowMs;
    bucket.tokens = Math.min(this.#requests, bucket.tokens + refill);
    bucket.atMs = now;
    return bucket;
  }

  /** A bucket untouched for a whole window is full again, so nothing is lost by dropping it. */
  #forgetIdle(now: number): void {
    for (const [caller, bucket] of this.#buckets) {
      if (now - bucket.atMs >= this.#windowMs) this.#buckets.delete(caller);
    }
    // Too many active callers to remember: forget the longest known rather than grow.
    while (this.#buckets.size >= CALLERS_MAX) {
      this.#buckets.delete(this.#buckets.keys().next().value ?? '');
    }
  }
}

/** The response headers of draft-ietf-httpapi-ratelimit-headers. */
export function rateHeaders(limiter: RateLimiter, allowance: Allowance): Record<string, string> {
  const headers: Record<string, string> = {
    'ratelimit-policy': limiter.policy,
    ratelimit: `"caller";r=${allowance.remaining};t=${allowance.retryAfterS}`,
  };
  if (!allowance.allowed) headers['retry-after'] = String(allowance.retryAfterS);
  return headers;
}
