/** The issuer's public keys: read when they are first needed, and again so that they can change. */

import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** Between two attempts to read, whatever callers send. */
const PAUSE_MS = 10_000;
const TIMEOUT_MS = 5_000;
const BYTES_MAX = 1_048_576;

/**
 * Keys at a `file:` or `https:` address. They are read again when a token names one that is not
 * there, and when they are old: a key comes and goes without a restart. Where reading fails, those
 * at hand go on counting.
 */
export class KeySet {
  readonly #url: URL;
  readonly #ageMaxMs: number;
  readonly #onFailure: (error: unknown) => void;
  #find: JWTVerifyGetKey | undefined;
  #document = '';
  #readAtMs = Number.NEGATIVE_INFINITY;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  /**
   * @param ageMaxMs how long a key may go on counting that its issuer has taken away
   * @param onFailure told why they could not be read
   */
  constructor(url: URL, ageMaxMs: number, onFailure: (error: unknown) => void) {
    this.#url = url;
    this.#ageMaxMs = ageMaxMs;
    this.#onFailure = onFailure;
  }

  /**
   * What finds a token's key among those of now: another function whenever they are others.
   *
   * @throws Error when no keys could be read so far
   */
  async current(): Promise<JWTVerifyGetKey> {
    if (this.#find === undefined) await this.#read();
    // Whoever comes while they are read again is answered by those at hand.
    else if (Date.now() - this.#readAtMs >= this.#ageMaxMs) void this.#readAgain();
    if (this.#find === undefined) throw new Error(`no key set could be read from ${this.#url.href}`);
    return this.#find;
  }

  /** Finds a token's key; looks for newer keys before it says that there is none. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    try {
      return await (await this.current())(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#readAgain();
      return (await this.current())(header, token);
    }
  };

  async #readAgain(): Promise<void> {
    if (Date.now() - this.#triedAtMs >= Math.min(PAUSE_MS, this.#ageMaxMs)) await this.#read();
  }

  /** One at a time; whoever comes meanwhile waits for the same. */
  async #read(): Promise<void> {
    this.#reading ??= this.#replace().finally(() => (this.#reading = undefined));
    await this.#reading;
  }

  async #replace(): Promise<void> {
    this.#triedAtMs = Date.now();
    try {
      const document = await fetchText(this.#url);
      if (document !== this.#document) {
        this.#find = createLocalJWKSet(JSON.parse(document) as JSONWebKeySet);
        this.#document = document;
      }
      this.#readAtMs = Date.now();
    } catch (error) {
      this.#onFailure(error);
    }
  }
}

async function fetchText(url: URL): Promise<string> {
  if (url.protocol === 'file:') return readFile(url, 'utf8');
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
  const text = await response.text();
  if (!response.ok || text.length > BYTES_MAX) throw new Error(`${url.href}: ${response.status}`);
  return text;
}
