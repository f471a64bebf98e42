/**
 * An operation without what its caller may not read.
 *
 * Fields are cut out before planning, so that no subgraph is asked for them, and their places in
 * the answer get null and an error: what the subgraph, which checks by itself, would answer. The
 * planner cannot do this: it fails on a selection that authorisation left empty.
 */

import {
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { ClientError, Code } from './errors.ts';
import { guardsOf, satisfies, type Guard, type Guards } from './guards.ts';
import { fragmentsOf, isWanted, objectsOf, spreadOf, type Fragments, type Variables } from './selections.ts';
import { unauthenticated, type Viewer } from './tokens.ts';

type Data = Record<string, unknown>;

/** Keeps a selection from being empty; taken out of the answer again. */
const PLACEHOLDER = 'withheld__typename';
const RESTRICTIONS_MAX = 16;

/** A field that was cut out: where its null belongs. */
interface Denial {
  /** Response keys from the root to the field; lists on the way have no key. */
  readonly path: readonly string[];
  /** `@skip` and `@include` on the field and on the fragments around it. */
  readonly conditions: readonly DirectiveNode[];
}

/** What one caller may run of an operation. */
export interface Restriction {
  /** The reduced operation; undefined when nothing is left to ask. */
  readonly document: DocumentNode | undefined;
  readonly denials: readonly Denial[];
}

/** The guards that an operation touches, and its reduced forms, kept for the next such caller. */
export class Restrictions {
  readonly #schema: GraphQLSchema;
  readonly #guards: Guards;
  readonly #document: DocumentNode;
  readonly #operation: OperationDefinitionNode;
  readonly #touched: readonly Guard[];
  readonly #kept = new Map<string, Restriction>();

  constructor(schema: GraphQLSchema, guards: Guards, document: DocumentNode, operation: OperationDefinitionNode) {
    this.#schema = schema;
    this.#guards = guards;
    this.#document = document;
    this.#operation = operation;
    this.#touched = touchedGuards(schema, guards, document);
  }

  /** How the operation must be reduced for this caller; undefined when it may run as it is. */
  for(viewer: Viewer | undefined): Restriction | undefined {
    const failed = this.#touched.filter((guard) => !satisfies(viewer, guard));
    if (failed.length === 0) return undefined;
    const key = failed.map((guard) => guard.key).join();
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const restriction = this.#restrict(new Set(failed.map((guard) => guard.key)));
    if (this.#kept.size >= RESTRICTIONS_MAX) this.#kept.clear();
    this.#kept.set(key, restriction);
    return restriction;
  }

  #restrict(failed: ReadonlySet<string>): Restriction {
    const isDenied = (type: GraphQLCompositeType, field: string): boolean =>
      guardsOf(this.#guards, this.#schema, type, field).some((guard) => failed.has(guard.key));
    const denials = findDenials(this.#schema, this.#document, this.#operation, isDenied);
    const document = withoutDenied(this.#schema, this.#document, isDenied);
    return { document: asksForData(document, this.#operation) ? document : undefined, denials };
  }
}

/** The error in the place of a denied field. */
function denialError(viewer: Viewer | undefined): ClientError {
  return viewer === undefined
    ? unauthenticated('token_missing')
    : new ClientError(Code.forbidden, 'You are not allowed to see or do this.');
}

/**
 * Puts null and an error into the answer wherever a denied field would have been.
 *
 * @param data is changed
 */
export function fillDenied(
  data: Data,
  denials: readonly Denial[],
  variables: Variables,
  viewer: Viewer | undefined,
): GraphQLFormattedError[] {
  const errors: GraphQLFormattedError[] = [];
  const error = denialError(viewer).format();
  const fill = (value: unknown, keys: readonly string[], path: readonly (string | number)[]): void => {
    if (Array.isArray(value)) {
      value.forEach((item, index) => fill(item, keys, [...path, index]));
      return;
    }
    const [key, ...rest] = keys;
    if (typeof value !== 'object' || value === null || key === undefined) return;
    const object = value as Data;
    if (rest.length > 0) {
      fill(object[key], rest, [...path, key]);
      return;
    }
    delete object[PLACEHOLDER];
    object[key] = null;
    errors.push({ ...error, path: [...path, key] });
  };
  for (const { path, conditions } of denials) {
    if (isWanted(conditions, variables)) fill(data, path, []);
  }
  return errors;
}

/** The errors of the root fields that were denied. */
export function refusedAtRoot(
  denials: readonly Denial[],
  variables: Variables,
  viewer: Viewer | undefined,
): GraphQLFormattedError[] {
  return fillDenied({}, denials.filter(({ path }) => path.length === 1), variables, viewer);
}

function touchedGuards(schema: GraphQLSchema, guards: Guards, document: DocumentNode): Guard[] {
  const touched = new Map<string, Guard>();
  const types = new TypeInfo(schema);
  visit(document, visitWithTypeInfo(types, {
    Field(node) {
      const parent = types.getParentType();
      if (parent == null) return;
      for (const guard of guardsOf(guards, schema, parent, node.name.value)) touched.set(guard.key, guard);
    },
  }));
  return [...touched.values()];
}

type IsDenied = (type: GraphQLCompositeType, field: string) => boolean;

function withoutDenied(schema: GraphQLSchema, document: DocumentNode, isDenied: IsDenied): DocumentNode {
  const types = new TypeInfo(schema);
  return visit(document, visitWithTypeInfo(types, {
    Field(node) {
      const parent = types.getParentType();
      return parent != null && isDenied(parent, node.name.value) ? null : undefined;
    },
    SelectionSet: {
      leave: (node) => (node.selections.length > 0 ? undefined : { ...node, selections: [placeholder()] }),
    },
  }));
}

function placeholder(): FieldNode {
  return {
    kind: Kind.FIELD,
    name: { kind: Kind.NAME, value: '__typename' },
    alias: { kind: Kind.NAME, value: PLACEHOLDER },
  };
}

function asksForData(document: DocumentNode, operation: OperationDefinitionNode): boolean {
  const reduced = document.definitions.find(
    (definition): definition is OperationDefinitionNode =>
      definition.kind === Kind.OPERATION_DEFINITION && definition.name?.value === operation.name?.value,
  );
  return reduced !== undefined && rootFields(reduced.selectionSet, fragmentsOf(document)).some((name) => name !== PLACEHOLDER);
}

function rootFields(set: SelectionSetNode, fragments: Fragments): string[] {
  return set.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection.alias?.value ?? selection.name.value];
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
    return fragment === undefined ? [] : rootFields(fragment.selectionSet, fragments);
  });
}

function findDenials(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  isDenied: IsDenied,
): Denial[] {
  const fragments = fragmentsOf(document);
  const denials: Denial[] = [];
  const walk = (
    type: GraphQLCompositeType,
    set: SelectionSetNode,
    path: readonly string[],
    around: readonly DirectiveNode[],
  ): void => {
    for (const selection of set.selections) {
      const conditions = [...around, ...(selection.directives ?? [])];
      if (selection.kind !== Kind.FIELD) {
        const spread = spreadOf(schema, type, selection, fragments);
        if (spread !== undefined) walk(spread.type, spread.selectionSet, path, conditions);
        continue;
      }
      const here = [...path, selection.alias?.value ?? selection.name.value];
      if (isDenied(type, selection.name.value)) {
        denials.push({ path: here, conditions });
      } else if (selection.selectionSet !== undefined) {
        const inner = objectsOf(type, selection.name.value);
        if (inner !== undefined) walk(inner, selection.selectionSet, here, []);
      }
    }
  };
  const root = schema.getRootType(operation.operation);
  if (root != null) walk(root, operation.selectionSet, [], []);
  return denials;
}
