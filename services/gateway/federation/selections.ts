/** Reading selection sets: which type a field leads to, which fragments and conditions apply. */

import {
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  type InlineFragmentNode,
  type SelectionSetNode,
} from 'graphql';

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;
export type Variables = Readonly<Record<string, unknown>>;

export function fragmentsOf(document: DocumentNode): Fragments {
  return new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );
}

export interface Spread {
  readonly type: GraphQLCompositeType;
  readonly selectionSet: SelectionSetNode;
}

/** What a fragment selects, and from which type; undefined for one that is not there. */
export function spreadOf(
  schema: GraphQLSchema,
  type: GraphQLCompositeType,
  node: InlineFragmentNode | FragmentSpreadNode,
  fragments: Fragments,
): Spread | undefined {
  const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value);
  if (fragment === undefined) return undefined;
  const named = fragment.typeCondition === undefined ? type : schema.getType(fragment.typeCondition.name.value);
  return { type: isCompositeType(named) ? named : type, selectionSet: fragment.selectionSet };
}

export function fieldOf(type: GraphQLCompositeType, name: string): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

/** The type of the objects in a field; undefined for a field of plain values. */
export function objectsOf(type: GraphQLCompositeType, name: string): GraphQLCompositeType | undefined {
  const named = getNamedType(fieldOf(type, name)?.type);
  return isCompositeType(named) ? named : undefined;
}

/** Whether `@skip` and `@include` let a selection be, for these variables. */
export function isWanted(directives: readonly DirectiveNode[] | undefined, variables: Variables): boolean {
  return (directives ?? []).every((directive) => {
    const name = directive.name.value;
    if (name !== 'skip' && name !== 'include') return true;
    const value = directive.arguments?.find((argument) => argument.name.value === 'if')?.value;
    const given = value?.kind === Kind.VARIABLE ? variables[value.name.value] : value?.kind === Kind.BOOLEAN && value.value;
    return (given === true) === (name === 'include');
  });
}
