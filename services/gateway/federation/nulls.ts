/**
 * Null takes its parent with it where the schema says that there is never null.
 *
 * Services see to that in their own answers. What the engine joins from several can still lack a
 * part that must be there, when one service fails: a front end must not meet it.
 */

import {
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { fieldOf, fragmentsOf, isWanted, objectsOf, spreadOf, type Fragments, type Variables } from './selections.ts';

type Data = Record<string, unknown>;

/** Stands for a value that must be there and is not, until a place is found that may be null. */
const MISSING = Symbol('missing');

/**
 * The data as the schema allows it; null when nothing of it can stay. Needed only for answers with
 * errors: without any, nothing is missing.
 *
 * @param data is changed
 */
export function propagateNulls(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
  data: Data,
): Data | null {
  const root = schema.getRootType(operation.operation);
  const completion = new Completion(schema, fragmentsOf(document), variables);
  return root == null || completion.isComplete(data, root, true, operation.selectionSet) ? data : null;
}

class Completion {
  readonly #schema: GraphQLSchema;
  readonly #fragments: Fragments;
  readonly #variables: Variables;

  constructor(schema: GraphQLSchema, fragments: Fragments, variables: Variables) {
    this.#schema = schema;
    this.#fragments = fragments;
    this.#variables = variables;
  }

  /** @param certain whether the object is known to be of this very type */
  isComplete(object: Data, type: GraphQLCompositeType, certain: boolean, set: SelectionSetNode): boolean {
    return set.selections.every((selection) => {
      if (!isWanted(selection.directives, this.#variables)) return true;
      if (selection.kind === Kind.FIELD) return this.#completeField(object, type, certain, selection);
      const spread = spreadOf(this.#schema, type, selection, this.#fragments);
      if (spread === undefined) return true;
      const inner = isObjectType(type) ? type : spread.type;
      return this.isComplete(object, inner, certain && inner === type, spread.selectionSet);
    });
  }

  #completeField(object: Data, type: GraphQLCompositeType, certain: boolean, node: FieldNode): boolean {
    const field = fieldOf(type, node.name.value);
    const key = node.alias?.value ?? node.name.value;
    // Of one type among several: a field that is not there may belong to another.
    if (field === undefined || (!certain && !(key in object))) return true;
    const completed = this.#complete(object[key], field.type, objectsOf(type, node.name.value), node.selectionSet);
    if (completed === MISSING) return false;
    object[key] = completed;
    return true;
  }

  #complete(
    value: unknown,
    type: GraphQLOutputType,
    objects: GraphQLCompositeType | undefined,
    set: SelectionSetNode | undefined,
  ): unknown {
    if (isNonNullType(type)) return this.#complete(value, type.ofType, objects, set) ?? MISSING;
    if (value === null || value === undefined) return null;
    if (isListType(type) && Array.isArray(value)) {
      const items = value.map((item) => this.#complete(item, type.ofType, objects, set));
      return items.includes(MISSING) ? null : items;
    }
    if (set === undefined || objects === undefined) return value;
    return this.isComplete(value as Data, objects, isObjectType(objects), set) ? value : null;
  }
}
