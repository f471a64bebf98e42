/**
 * The federation engine: Hive Gateway's query planner and plan executor, used as a library.
 *
 * This is the only module that knows the engine; docs/decisions say why its HTTP server is not used.
 */

import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import type { RawError } from './errors.ts';
import { publicSchema } from './public_schema.ts';
import type { Supergraph } from './supergraph.ts';

/** What travels with an operation to each of its subgraph requests. */
export interface Caller {
  readonly authorization: string | undefined;
  readonly requestId: string;
  /** Makes the headers of one more subgraph request, and hears when it is done. */
  readonly trace: (subgraph: string) => SubgraphTrace | undefined;
}

export interface SubgraphTrace {
  readonly traceparent: string;
  end(failed: boolean): void;
}

export interface Execution {
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
}

export interface RawResult {
  data?: Record<string, unknown> | null;
  errors?: readonly RawError[];
}

export interface SubgraphRequest {
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly isMutation: boolean;
  readonly caller: Caller;
}

/** Asks one subgraph, by its name. Never rejects: a failure is a result with an error. */
export type CallSubgraph = (subgraph: string, request: SubgraphRequest) => Promise<RawResult>;

export interface Engine {
  /** As callers see it. */
  readonly schema: GraphQLSchema;
  /** Plans are kept with the document, so the same document object is planned once. */
  execute(execution: Execution): Promise<RawResult>;
}

export async function createEngine(supergraph: Supergraph, call: CallSubgraph): Promise<Engine> {
  const handler = await unifiedGraphHandler({
    unifiedGraph: supergraph.schema,
    getUnifiedGraphSDL: () => supergraph.sdl,
    onSubgraphExecute: (graph, request) =>
      call(supergraph.subgraphs.get(graph) ?? graph, {
        document: request.document,
        variables: request.variables as SubgraphRequest['variables'],
        isMutation: request.operationType === 'mutation',
        caller: request.context as Caller,
      }) as never,
  });
  const executor = handler.executor;
  if (executor === undefined) throw new Error('the engine came without an executor');
  return {
    schema: publicSchema(supergraph.schema),
    execute: async ({ document, operationName, variables, caller }) =>
      (await executor({
        document,
        variables,
        context: caller,
        ...(operationName === undefined ? {} : { operationName }),
      })) as RawResult,
  };
}
