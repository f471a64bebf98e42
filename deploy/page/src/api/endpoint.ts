/** The one public endpoint: queries and mutations by urql, subscriptions by graphql-ws. */

import { Client, fetchExchange, type AnyVariables } from '@urql/core';
import { createClient, type Client as SocketClient } from 'graphql-ws';
import { authorization } from './session.ts';

/** The endpoint answered with an error, or not at all. `code` is NETWORK when it did not. */
export class EndpointError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export type Link = 'connecting' | 'connected' | 'waiting';

export interface Endpoint {
  readonly user: string;
  /** Answers the data. @throws EndpointError */
  ask<Data>(document: string, variables?: AnyVariables): Promise<Data>;
  /** The same, again and again while the endpoint is not there. For what is safe to repeat. */
  askPatiently<Data>(document: string, variables?: AnyVariables): Promise<Data>;
  readonly socket: SocketClient;
  /** Tells how the socket is, now and whenever it changes; returns what ends that. */
  onLink(tell: (link: Link) => void): () => void;
  close(): void;
}

const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 5_000;
const RETRY_FIRST_MS = 250;
const RETRY_LAST_MS = 4_000;
const ASK_TRIES = 12;

export function openEndpoint(user: string, url: string): Endpoint {
  const http = new Client({
    url,
    exchanges: [fetchExchange],
    preferGetMethod: false,
    requestPolicy: 'network-only',
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set('authorization', await authorization(user));
      // The page has an origin of its own: the gateway wants proof that the browser asked it first.
      headers.set('x-largesse-csrf', '1');
      return fetch(input, { ...init, headers });
    },
  });

  let link: Link = 'connecting';
  const told = new Set<(link: Link) => void>();
  const tell = (now: Link): void => {
    link = now;
    for (const each of told) each(now);
  };
  let silence: ReturnType<typeof setTimeout> | undefined;
  const socket = createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: async () => ({ authorization: await authorization(user) }),
    // A gateway that restarts, a laptop that slept: come back, however long it takes.
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    retryWait: (retries) => pause(backoff(retries)),
    keepAlive: PING_EVERY_MS,
    on: {
      connecting: (isRetry) => tell(isRetry ? 'waiting' : 'connecting'),
      connected: () => tell('connected'),
      closed: () => {
        clearTimeout(silence);
        tell('waiting');
      },
      ping: (received) => {
        // A connection that died without a word looks open for minutes.
        if (!received) silence = setTimeout(() => socket.terminate(), PONG_WITHIN_MS);
      },
      pong: (received) => {
        if (received) clearTimeout(silence);
      },
    },
  });

  const ask = async <Data>(document: string, variables: AnyVariables = {}): Promise<Data> => {
    const isMutation = document.trimStart().startsWith('mutation');
    const asked = isMutation ? http.mutation(document, variables) : http.query(document, variables);
    const { data, error } = await asked.toPromise();
    if (error !== undefined) throw readable(error);
    return data as Data;
  };

  return {
    user,
    ask,
    askPatiently: async (document, variables) => {
      for (let tries = 0; ; tries += 1) {
        try {
          return await ask(document, variables);
        } catch (error) {
          if (!(error instanceof EndpointError) || !PASSING.has(error.code) || tries >= ASK_TRIES) throw error;
          await pause(backoff(tries));
        }
      }
    },
    socket,
    onLink: (each) => {
      told.add(each);
      each(link);
      return () => told.delete(each);
    },
    close: () => void socket.dispose(),
  };
}

const PASSING = new Set(['NETWORK', 'SERVICE_UNAVAILABLE', 'INTERNAL_SERVER_ERROR', 'RATE_LIMITED']);

function readable(error: { readonly networkError?: Error | undefined; readonly graphQLErrors: readonly { message: string; extensions?: Record<string, unknown> | undefined }[] }): EndpointError {
  const first = error.graphQLErrors[0];
  if (first === undefined) return new EndpointError('NETWORK', 'The endpoint does not answer. Trying again.');
  return new EndpointError(String(first.extensions?.['code'] ?? 'UNKNOWN'), first.message);
}

/** Not all at once: whoever lost the same gateway comes back spread out. */
function backoff(tries: number): number {
  return Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** tries) * (0.5 + Math.random() / 2);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
