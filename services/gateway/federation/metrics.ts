/** What is counted, in Prometheus format. No label takes a value that a caller can make up. */

import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export type Outcome = 'ok' | 'errors' | 'refused';

export class Metrics {
  readonly #registry: Registry;
  readonly #requests: Histogram<'outcome'>;
  readonly #errors: Counter<'code'>;
  readonly #subgraphs: Histogram<'subgraph'>;
  readonly #failures: Counter<'subgraph'>;

  /** `registry`: holds them; given by who wants to list them. */
  constructor(registry = new Registry()) {
    this.#registry = registry;
    const registers = [registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Histogram({
      name: 'graphql_request_seconds',
      help: 'Time to answer a GraphQL request. refused: it never became an operation.',
      labelNames: ['outcome'],
      buckets: SECONDS,
      registers,
    });
    this.#errors = new Counter({
      name: 'graphql_errors_total',
      help: 'Errors shown to callers, by code.',
      labelNames: ['code'],
      registers,
    });
    this.#subgraphs = new Histogram({
      name: 'subgraph_request_seconds',
      help: 'Time until a subgraph answered or failed.',
      labelNames: ['subgraph'],
      buckets: SECONDS,
      registers,
    });
    this.#failures = new Counter({
      name: 'subgraph_failures_total',
      help: 'Subgraph requests without a usable answer.',
      labelNames: ['subgraph'],
      registers,
    });
  }

  answered(outcome: Outcome, seconds: number): void {
    this.#requests.labels(outcome).observe(seconds);
  }

  /** `code` must be one of `errors.ts`. */
  errorShown(code: string): void {
    this.#errors.labels(code).inc();
  }

  subgraphAnswered(subgraph: string, seconds: number): void {
    this.#subgraphs.labels(subgraph).observe(seconds);
  }

  /** Counts from nought: the first failure of a counter that begins with it would be no increase. */
  subgraphKnown(subgraph: string): void {
    this.#failures.labels(subgraph).inc(0);
  }

  subgraphFailed(subgraph: string): void {
    this.#failures.labels(subgraph).inc();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
