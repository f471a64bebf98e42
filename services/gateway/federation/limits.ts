/**
 * How large an operation may be, decided before anything runs: tokens, depth, aliases, page sizes
 * and a static cost. The engine's own cost limit checks each subgraph request by itself, so part
 * of an operation could have run before it refuses.
 */

import {
  isListType,
  isNonNullType,
  Kind,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { ClientError, Code } from './errors.ts';
import { fieldOf, objectsOf, spreadOf, type Fragments, type Variables } from './selections.ts';

export interface Limits {
  readonly tokensMax: number;
  readonly depthMax: number;
  readonly aliasesMax: number;
  readonly costMax: number;
}

export const PAGE_MAX = 100;
/** What a subgraph answers when no page size is given. */
const PAGE_DEFAULT = 20;
/** Assumed length of a list that has no page size: catalogues and the like. */
const LIST_ASSUMED = 20;
/** Fields once all fragments are spread: bounds nested fragments, which few tokens can make many. */
const FIELDS_MAX = 1_000;

/**
 * Checks form alone, so that it can run before validation, whose own cost grows with the document.
 * Introspection is bounded by a validation rule instead: its usual query is deep.
 *
 * @throws ClientError OPERATION_TOO_LARGE
 */
export function checkForm(operation: OperationDefinitionNode, fragments: Fragments, limits: Limits): void {
  let fields = 0;
  let aliases = 0;
  const walk = (set: SelectionSetNode, depth: number, spread: readonly string[]): void => {
    if (depth > limits.depthMax) throw tooLarge(`Nested deeper than ${limits.depthMax} levels.`);
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        walk(selection.selectionSet, depth, spread);
      } else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const name = selection.name.value;
        const fragment = fragments.get(name);
        // A fragment within itself is for validation to refuse.
        if (fragment !== undefined && !spread.includes(name)) walk(fragment.selectionSet, depth, [...spread, name]);
      } else {
        if (++fields > FIELDS_MAX) throw tooLarge(`More than ${FIELDS_MAX} fields.`);
        if (selection.alias !== undefined && ++aliases > limits.aliasesMax) {
          throw tooLarge(`More than ${limits.aliasesMax} aliases.`);
        }
        const isIntrospection = selection.name.value.startsWith('__');
        if (selection.selectionSet !== undefined && !isIntrospection) walk(selection.selectionSet, depth + 1, spread);
      }
    }
  };
  walk(operation.selectionSet, 1, []);
}

/** What an operation costs, for given variables. */
export type Cost = (variables: Variables) => number;

type PageSize = number | { readonly variable: string; readonly fallback: number };

interface CostNode {
  /** Objects of this field for each object above it. */
  readonly times: PageSize;
  readonly children: readonly CostNode[];
}

/**
 * Prepares the cost of a valid operation: one for each object that it may answer at most.
 *
 * @returns a function that throws ClientError OPERATION_TOO_LARGE for a page of more than 100 items
 */
export function costOf(schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments): Cost {
  const root = schema.getRootType(operation.operation);
  if (root == null) return () => 0;
  const defaults = new Map<string, number>();
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    if (defaultValue?.kind === Kind.INT) defaults.set(variable.name.value, Number(defaultValue.value));
  }
  const nodes = costNodes(schema, root, operation.selectionSet, fragments, defaults, false);
  return (variables) => sum(nodes, variables);
}

/** @throws ClientError COST_LIMIT_EXCEEDED with `extensions.cost` */
export function checkCost(cost: Cost, variables: Variables, limits: Limits): void {
  const estimated = cost(variables);
  if (estimated > limits.costMax) {
    throw new ClientError(Code.costLimitExceeded, 'The operation may answer too many objects: ask for smaller pages.', {
      cost: { estimated, max: limits.costMax },
    });
  }
}

function costNodes(
  schema: GraphQLSchema,
  parent: GraphQLCompositeType,
  set: SelectionSetNode,
  fragments: Fragments,
  defaults: ReadonlyMap<string, number>,
  paged: boolean,
): CostNode[] {
  return set.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) {
      const node = fieldCost(schema, parent, selection, fragments, defaults, paged);
      return node === undefined ? [] : [node];
    }
    const spread = spreadOf(schema, parent, selection, fragments);
    if (spread === undefined) return [];
    return costNodes(schema, spread.type, spread.selectionSet, fragments, defaults, paged);
  });
}

function fieldCost(
  schema: GraphQLSchema,
  parent: GraphQLCompositeType,
  node: FieldNode,
  fragments: Fragments,
  defaults: ReadonlyMap<string, number>,
  paged: boolean,
): CostNode | undefined {
  const field = fieldOf(parent, node.name.value);
  const type = objectsOf(parent, node.name.value);
  if (field === undefined || type === undefined || node.selectionSet === undefined) return undefined;
  const size = pageSize(field, node, defaults);
  const children = costNodes(schema, type, node.selectionSet, fragments, defaults, size !== undefined);
  // A connection's own lists (nodes, edges) are as long as the page, which is counted already.
  const isList = isListType(isNonNullType(field.type) ? field.type.ofType : field.type);
  return { times: size ?? (isList && !paged ? LIST_ASSUMED : 1), children };
}

function pageSize(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  defaults: ReadonlyMap<string, number>,
): PageSize | undefined {
  if (!field.args.some(({ name }) => name === 'first' || name === 'last')) return undefined;
  for (const { name, value } of node.arguments ?? []) {
    if (name.value !== 'first' && name.value !== 'last') continue;
    if (value.kind === Kind.INT) return Number(value.value);
    if (value.kind === Kind.VARIABLE) {
      return { variable: value.name.value, fallback: defaults.get(value.name.value) ?? PAGE_DEFAULT };
    }
  }
  return PAGE_DEFAULT;
}

function sum(nodes: readonly CostNode[], variables: Variables): number {
  let total = 0;
  for (const { times, children } of nodes) total += sizeOf(times, variables) * (1 + sum(children, variables));
  return total;
}

function sizeOf(size: PageSize, variables: Variables): number {
  const given = typeof size === 'number' ? size : (variables[size.variable] ?? size.fallback);
  // What is not a number is refused when the variables are read.
  const number = typeof given === 'number' ? given : PAGE_DEFAULT;
  if (number > PAGE_MAX) throw tooLarge(`A page holds at most ${PAGE_MAX} items.`);
  return Math.max(1, number);
}

function tooLarge(message: string): ClientError {
  return new ClientError(Code.operationTooLarge, message);
}
