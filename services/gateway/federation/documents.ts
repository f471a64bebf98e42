/** Parses, measures and validates each document once; nearly every request finds its own here. */

import {
  GraphQLError,
  Kind,
  parse,
  recommendedRules,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { ClientError, Code } from './errors.ts';
import type { Guards } from './guards.ts';
import { checkForm, costOf, type Cost, type Limits } from './limits.ts';
import { Restrictions } from './restriction.ts';
import { fragmentsOf } from './selections.ts';

const DOCUMENTS_MAX = 1_000;
/** Longer ones are prepared each time, so that nobody fills the memory with them. */
const CACHED_CHARS_MAX = 20_000;
const ERRORS_MAX = 10;
/** `recommendedRules` bound introspection, which the limits leave out. */
const RULES = [...specifiedRules, ...recommendedRules];

/** An operation that may run: within the limits that do not depend on variables, and valid. */
export interface Operation {
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
  /** Asks for the schema itself. */
  readonly isIntrospection: boolean;
  readonly cost: Cost;
  readonly restrictions: Restrictions;
}

/** The document cannot run; `errors` say why and are fit to be shown. */
export class DocumentError extends Error {
  readonly errors: readonly GraphQLFormattedError[];

  constructor(errors: readonly GraphQLFormattedError[]) {
    super('the document cannot run');
    this.errors = errors;
  }
}

type Prepared = DocumentError | ReadonlyMap<string | undefined, Operation>;

export class Documents {
  readonly #schema: GraphQLSchema;
  readonly #guards: Guards;
  readonly #limits: Limits;
  readonly #known = new Map<string, Prepared>();

  constructor(schema: GraphQLSchema, guards: Guards, limits: Limits) {
    this.#schema = schema;
    this.#guards = guards;
    this.#limits = limits;
  }

  /**
   * The operation of that name; without a name, the only one.
   *
   * @throws DocumentError
   */
  operation(text: string, name: string | undefined): Operation {
    const prepared = this.#known.get(text) ?? this.#prepareAndKeep(text);
    if (prepared instanceof DocumentError) throw prepared;
    const operation = name === undefined && prepared.size === 1 ? [...prepared.values()][0] : prepared.get(name);
    if (operation !== undefined) return operation;
    const message = 'Say with operationName which operation to run: none or several match.';
    throw new DocumentError([new ClientError(Code.badRequest, message).format()]);
  }

  #prepareAndKeep(text: string): Prepared {
    const prepared = this.#prepare(text);
    if (text.length <= CACHED_CHARS_MAX) {
      if (this.#known.size >= DOCUMENTS_MAX) this.#known.delete(this.#known.keys().next().value ?? '');
      this.#known.set(text, prepared);
    }
    return prepared;
  }

  #prepare(text: string): Prepared {
    try {
      const document = this.#parse(text);
      const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
      const fragments = fragmentsOf(document);
      for (const operation of operations) checkForm(operation, fragments, this.#limits);
      const errors = validate(this.#schema, document, RULES, { maxErrors: ERRORS_MAX, hideSuggestions: true });
      if (errors.length > 0) return new DocumentError(errors.map((error) => coded(error, Code.validationFailed)));
      return new Map(operations.map((node) => [node.name?.value, this.#operation(document, node)]));
    } catch (error) {
      if (error instanceof ClientError) return new DocumentError([error.format()]);
      if (error instanceof GraphQLError) return new DocumentError([coded(error, Code.parseFailed)]);
      throw error;
    }
  }

  #parse(text: string): DocumentNode {
    try {
      return parse(text, { maxTokens: this.#limits.tokensMax });
    } catch (error) {
      const isTooLong = error instanceof GraphQLError && error.message.includes('Parsing aborted');
      // The parser is recursive: a document nested thousands deep ends the stack.
      if (!isTooLong && !(error instanceof RangeError)) throw error;
      throw new ClientError(Code.operationTooLarge, `More than ${this.#limits.tokensMax} tokens.`);
    }
  }

  #operation(document: DocumentNode, node: OperationDefinitionNode): Operation {
    if (this.#schema.getRootType(node.operation) == null) {
      throw new ClientError(Code.validationFailed, `There is no ${node.operation} here.`);
    }
    const fields = node.selectionSet.selections.map((selection) => (selection.kind === Kind.FIELD ? selection.name.value : ''));
    const isIntrospection = fields.some((name) => name === '__schema' || name === '__type');
    if (isIntrospection && !fields.every((name) => name.startsWith('__'))) {
      throw new ClientError(Code.validationFailed, 'Ask for the schema in an operation of its own.');
    }
    return {
      document,
      node,
      isIntrospection,
      cost: costOf(this.#schema, node, fragmentsOf(document)),
      restrictions: new Restrictions(this.#schema, this.#guards, document, node),
    };
  }
}

function coded(error: GraphQLError, code: Code): GraphQLFormattedError {
  const { message, locations } = error.toJSON();
  return { message, ...(locations === undefined ? {} : { locations }), extensions: { code } };
}
