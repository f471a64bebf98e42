/** From a request's words to its answer: limits, permissions, the engine, the mask. */

import { executeSync, GraphQLError, Kind, type GraphQLFormattedError } from 'graphql';
import type { Documents, Operation } from './documents.ts';
import type { Caller, Engine, RawResult } from './engine.ts';
import { ClientError, Code, mask, type RawError } from './errors.ts';
import { checkCost, type Limits } from './limits.ts';
import type { Log } from './log.ts';
import { propagateNulls } from './nulls.ts';
import { fillDenied, refusedAtRoot, type Restriction } from './restriction.ts';
import type { Viewer } from './tokens.ts';

/** What a request asks for, as it came in the body. */
export interface OperationRequest {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

export interface OperationRules extends Limits {
  readonly development: boolean;
}

export class Operations {
  readonly #engine: Engine;
  readonly #documents: Documents;
  readonly #rules: OperationRules;
  readonly #log: Log;

  constructor(engine: Engine, documents: Documents, rules: OperationRules, log: Log) {
    this.#engine = engine;
    this.#documents = documents;
    this.#rules = rules;
    this.#log = log;
  }

  /**
   * Runs one operation for a caller.
   *
   * @throws DocumentError or ClientError when it must not run; nothing has been asked then
   */
  async run(request: OperationRequest, viewer: Viewer | undefined, caller: Caller): Promise<Answer> {
    const operation = this.#documents.operation(request.query, request.operationName);
    if (operation.node.operation === 'subscription') {
      throw new ClientError(Code.badRequest, 'Subscribe over a WebSocket, or with Accept: text/event-stream.');
    }
    if (operation.isIntrospection) return this.#introspect(operation, request, viewer);
    checkCost(operation.cost, request.variables, this.#rules);
    const restriction = operation.restrictions.for(viewer);
    if (restriction === undefined) return this.#execute(operation, request, caller);
    const refused = refusedAtRoot(restriction.denials, request.variables, viewer);
    // Its mutations run all or not at all; what their answers may show is another matter.
    if (operation.node.operation === 'mutation' && refused.length > 0) return { data: null, errors: refused };
    return this.#executeRestricted(operation, restriction, request, viewer, caller);
  }

  /** Answers from the schema at hand: no service has anything to say to that. */
  #introspect(operation: Operation, request: OperationRequest, viewer: Viewer | undefined): Answer {
    if (viewer === undefined && !this.#rules.development) {
      throw new ClientError(Code.introspectionDisabled, 'Sign in to read the schema.');
    }
    const { data, errors = [] } = executeSync({
      schema: this.#engine.schema,
      document: operation.document,
      operationName: request.operationName,
      variableValues: request.variables,
    });
    if (errors.length > 0) throw badVariables(errors);
    return { data: data ?? null };
  }

  async #executeRestricted(
    operation: Operation,
    restriction: Restriction,
    request: OperationRequest,
    viewer: Viewer | undefined,
    caller: Caller,
  ): Promise<Answer> {
    const { document, denials } = restriction;
    const answer: Answer = document === undefined
      ? { data: {} }
      : await this.#execute({ ...operation, document }, request, caller);
    const data = answer.data ?? null;
    if (data === null) return answer;
    const denied = fillDenied(data, denials, request.variables, viewer);
    const errors = [...(answer.errors ?? []), ...denied];
    return errors.length === 0 ? { data } : { data, errors };
  }

  async #execute(operation: Operation, request: OperationRequest, caller: Caller): Promise<Answer> {
    const result = await this.#result(operation, request, caller);
    if (result.errors === undefined || result.errors.length === 0) return { data: result.data ?? null };
    const errors = result.errors.map((error) => mask(error, caller.requestId, (masked) => this.#logMasked(masked, caller)));
    const { document, node } = operation;
    const data = propagateNulls(this.#engine.schema, document, node, request.variables, result.data ?? {});
    return { data, errors };
  }

  async #result({ document }: Operation, request: OperationRequest, caller: Caller): Promise<RawResult> {
    const { operationName, variables } = request;
    try {
      return await this.#engine.execute({ document, operationName, variables, caller });
    } catch (error) {
      const problems = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
      // The engine reads the variables first, and throws what is wrong with them.
      if (problems.every(isAboutVariable)) throw badVariables(problems);
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { data: null, errors: [{ message }] };
    }
  }

  #logMasked(error: RawError, caller: Caller): void {
    // Logged where it happened, with its cause.
    if (error.extensions?.['code'] === Code.serviceUnavailable) return;
    this.#log.error('graphql_error_masked', {
      request_id: caller.requestId,
      message: error.message,
      path: error.path?.join('.'),
      code: error.extensions?.['code'],
    });
  }
}

function isAboutVariable(error: unknown): error is GraphQLError {
  return error instanceof GraphQLError && error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION;
}

function badVariables(errors: readonly GraphQLError[]): ClientError {
  return new ClientError(Code.badUserInput, errors.map((error) => error.message).join(' '));
}
