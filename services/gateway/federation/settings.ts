/** What the gateway is told from outside: environment variables and files, read once, in `start.ts`. */

export interface Settings {
  /** Address to listen on. */
  readonly host: string;
  readonly port: number;
  /** The issuer's key set: `file:///…` or `https://…`. */
  readonly jwksUrl: string;
  /** After this time keys are read again: so long one may go on counting that was taken away. */
  readonly tokenKeysAgeMaxS: number;
  readonly tokenIssuer: string;
  readonly tokenAudience: string;
  /** GraphQL address of each subgraph, by its name in the supergraph. */
  readonly subgraphUrls: ReadonlyMap<string, string>;
  /** Turns on GraphiQL and introspection for everyone. */
  readonly development: boolean;
  /** Origins of front ends that browsers may call from; none by default. */
  readonly corsOrigins: ReadonlySet<string>;
  /** Requests per window and caller; 0 turns the limit off. */
  readonly rateLimitRequests: number;
  readonly rateLimitWindowS: number;
  /** Take the caller's address from the last entry of X-Forwarded-For: only behind a proxy of ours. */
  readonly trustForwardedFor: boolean;
  readonly bodyBytesMax: number;
  readonly tokensMax: number;
  readonly depthMax: number;
  readonly aliasesMax: number;
  /** Highest static cost of an operation: roughly the objects it may answer. */
  readonly costMax: number;
  /** How long a subgraph may take for one answer; `sendGift` itself waits up to 2 s. */
  readonly upstreamTimeoutMs: number;
  /** Connections to each subgraph: as many requests to it can be under way at once. */
  readonly upstreamConnections: number;
  /** Base address of an OTLP/HTTP receiver; tracing is off without one. */
  readonly otlpEndpoint: string | undefined;
  /** Share of new traces that are recorded, 0 to 1. */
  readonly traceSampleRatio: number;
  readonly logFormat: 'json' | 'console';
  /** How long to finish requests under way after SIGTERM. */
  readonly shutdownGraceS: number;
}

/** The environment does not hold a usable configuration; the message says all that is wrong. */
export class SettingsError extends Error {}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Of all our variables. */
export const PREFIX = 'GATEWAY_';

/**
 * Reads and checks all settings. Misspelt `GATEWAY_` names are refused, since a limit that is
 * silently not in force is worse than a process that does not start.
 *
 * @param subgraphs the names in the supergraph; each needs `GATEWAY_<NAME>_URL`
 * @throws SettingsError naming every missing, malformed or unknown variable
 */
export function readSettings(environment: Environment, subgraphs: readonly string[]): Settings {
  const reader = new Reader(environment);
  const settings: Settings = {
    host: reader.text('HOST', '127.0.0.1'),
    port: reader.whole('PORT', undefined, 0, 65_535),
    jwksUrl: reader.url('JWKS_URL', ['file:', 'https:']),
    tokenKeysAgeMaxS: reader.whole('TOKEN_KEYS_AGE_MAX_S', 300, 1, 86_400),
    tokenIssuer: reader.text('TOKEN_ISSUER'),
    tokenAudience: reader.text('TOKEN_AUDIENCE'),
    subgraphUrls: new Map(
      subgraphs.map((name) => [name, reader.url(`${name.toUpperCase()}_URL`, ['http:', 'https:'])]),
    ),
    development: reader.flag('DEVELOPMENT', false),
    corsOrigins: new Set(reader.list('CORS_ORIGINS')),
    rateLimitRequests: reader.whole('RATE_LIMIT_REQUESTS', 600, 0, 1_000_000),
    rateLimitWindowS: reader.whole('RATE_LIMIT_WINDOW_S', 60, 1, 86_400),
    trustForwardedFor: reader.flag('TRUST_FORWARDED_FOR', false),
    bodyBytesMax: reader.whole('BODY_BYTES_MAX', 65_536, 1_024, 16_777_216),
    tokensMax: reader.whole('TOKENS_MAX', 1_000, 10, 100_000),
    depthMax: reader.whole('DEPTH_MAX', 10, 1, 100),
    aliasesMax: reader.whole('ALIASES_MAX', 30, 0, 1_000),
    costMax: reader.whole('COST_MAX', 2_000, 1, 1_000_000),
    upstreamTimeoutMs: reader.whole('UPSTREAM_TIMEOUT_MS', 10_000, 10, 300_000),
    upstreamConnections: reader.whole('UPSTREAM_CONNECTIONS', 256, 1, 10_000),
    otlpEndpoint: reader.optionalUrl('OTLP_ENDPOINT', ['http:', 'https:']),
    traceSampleRatio: reader.ratio('TRACE_SAMPLE_RATIO', 1),
    logFormat: reader.choice('LOG_FORMAT', ['json', 'console']),
    shutdownGraceS: reader.whole('SHUTDOWN_GRACE_S', 20, 0, 600),
  };
  reader.refuseProblems();
  return Object.freeze(settings);
}

class Reader {
  readonly #environment: Environment;
  readonly #known = new Set<string>();
  readonly #problems: string[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  text(name: string, fallback?: string): string {
    return this.#value(name) ?? fallback ?? this.#problem(name, 'is missing', '');
  }

  list(name: string): string[] {
    return (this.#value(name) ?? '').split(',').map((item) => item.trim()).filter(Boolean);
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#value(name)?.toLowerCase();
    if (value === undefined) return fallback;
    if (value === 'true' || value === '1') return true;
    if (value === 'false' || value === '0') return false;
    return this.#problem(name, 'is neither true nor false', fallback);
  }

  whole(name: string, fallback: number | undefined, least: number, most: number): number {
    const value = this.#value(name);
    if (value === undefined) return fallback ?? this.#problem(name, 'is missing', 0);
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    return this.#problem(name, `is not a whole number from ${least} to ${most}`, least);
  }

  ratio(name: string, fallback: number): number {
    const value = this.#value(name);
    if (value === undefined) return fallback;
    const number = Number(value);
    if (number >= 0 && number <= 1) return number;
    return this.#problem(name, 'is not a number from 0 to 1', fallback);
  }

  choice<const Choice extends string>(name: string, choices: readonly [Choice, ...Choice[]]): Choice {
    const value = this.#value(name) ?? choices[0];
    const chosen = choices.find((choice) => choice === value);
    return chosen ?? this.#problem(name, `is none of ${choices.join(', ')}`, choices[0]);
  }

  url(name: string, protocols: readonly string[]): string {
    return this.optionalUrl(name, protocols) ?? this.#problem(name, 'is missing', '');
  }

  optionalUrl(name: string, protocols: readonly string[]): string | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (URL.canParse(value) && protocols.includes(new URL(value).protocol)) return value;
    return this.#problem(name, `is not an address of ${protocols.join('// or ')}//`, value);
  }

  refuseProblems(): void {
    for (const name of Object.keys(this.#environment)) {
      if (name.startsWith(PREFIX) && !this.#known.has(name)) {
        this.#problems.push(`${name} is not a setting`);
      }
    }
    if (this.#problems.length > 0) throw new SettingsError(this.#problems.join('; '));
  }

  #value(name: string): string | undefined {
    this.#known.add(PREFIX + name);
    return this.#environment[PREFIX + name] || undefined;
  }

  #problem<Value>(name: string, problem: string, instead: Value): Value {
    this.#problems.push(`${PREFIX}${name} ${problem}`);
    return instead;
  }
}
