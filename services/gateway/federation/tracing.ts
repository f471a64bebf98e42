/** One span for each request and one for each subgraph it asks, sent by OTLP/HTTP. */

import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import type { SubgraphTrace } from './engine.ts';

export interface RequestTrace {
  /** What is known of the operation once it has been read. */
  describe(operationName: string | undefined): void;
  /** Opens the span of one subgraph request. */
  subgraph(name: string): SubgraphTrace | undefined;
  end(failed: boolean): void;
}

export interface Tracing {
  /** Continues the caller's trace, or starts one by the sampling ratio. */
  request(traceparent: string | undefined): RequestTrace;
  /** Sends what is still waiting. */
  close(): Promise<void>;
}

export interface TracingRules {
  readonly otlpEndpoint: string | undefined;
  readonly traceSampleRatio: number;
}

export function createTracing(rules: TracingRules): Tracing {
  return rules.otlpEndpoint === undefined ? untraced : traced(rules.otlpEndpoint, rules.traceSampleRatio);
}

/** Passes the caller's own trace on and adds nothing to it. */
const untraced: Tracing = {
  request(given) {
    const traceparent = given !== undefined && parseTraceparent(given) !== undefined ? given : undefined;
    const passed = traceparent === undefined ? undefined : { traceparent, end: () => {} };
    return { describe: () => {}, subgraph: () => passed, end: () => {} };
  },
  close: async () => {},
};

function traced(endpoint: string, ratio: number): Tracing {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'gateway' }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [
      new BatchSpanProcessor(new OTLPTraceExporter({ url: new URL('/v1/traces', endpoint).href, timeoutMillis: 5_000 }), {
        maxQueueSize: 8_192,
        maxExportBatchSize: 1_024,
        scheduledDelayMillis: 1_000,
      }),
    ],
  });
  const tracer = provider.getTracer('largesse-gateway');
  return {
    request: (traceparent) => openRequest(tracer, traceparent),
    close: () => provider.shutdown(),
  };
}

function openRequest(tracer: Tracer, traceparent: string | undefined): RequestTrace {
  const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  const under = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
  const span = tracer.startSpan('POST /graphql', { kind: SpanKind.SERVER }, under);
  const within = trace.setSpan(ROOT_CONTEXT, span);
  return {
    describe(operationName) {
      if (operationName === undefined || !span.isRecording()) return;
      span.updateName(`graphql ${operationName}`);
      span.setAttribute('graphql.operation.name', operationName);
    },
    subgraph: (name) => openSubgraph(tracer, within, name),
    end: (failed) => finish(span, failed),
  };
}

function openSubgraph(tracer: Tracer, within: Context, name: string): SubgraphTrace {
  const span = tracer.startSpan(`ask ${name}`, { kind: SpanKind.CLIENT, attributes: { 'peer.service': name } }, within);
  return { traceparent: formatTraceparent(span.spanContext()), end: (failed) => finish(span, failed) };
}

function finish(span: Span, failed: boolean): void {
  if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** The W3C header, version 00; undefined when it is malformed. */
export function parseTraceparent(header: string): SpanContext | undefined {
  const parts = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/.exec(header);
  const [, traceId, spanId, flags] = parts ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  return { traceId, spanId, traceFlags, isRemote: true };
}
