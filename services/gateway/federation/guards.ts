/** `@authenticated` and `@requiresScopes`, as the composed schema declares them. */

import {
  isAbstractType,
  isNonNullType,
  isObjectType,
  Kind,
  type DirectiveNode,
  type ValueNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
} from 'graphql';
import type { Supergraph } from './supergraph.ts';
import type { Viewer } from './tokens.ts';

/** One condition on the caller. */
export interface Guard {
  /** Equal guards have equal keys. */
  readonly key: string;
  /** Sets of scopes of which one must be held in full; empty: any token will do. */
  readonly anyOf: readonly (readonly string[])[];
}

/** The guards of each guarded field, as `Type.field`: all of them must be satisfied. */
export type Guards = ReadonlyMap<string, readonly Guard[]>;

/**
 * Reads the guards of the composed schema.
 *
 * @throws Error on what would not be enforced: a guard on anything but an object or its field, a
 *   guarded field that cannot be null (a mutation may), or an `@policy`
 */
export function readGuards(supergraph: Supergraph): Guards {
  const guards = new Map<string, readonly Guard[]>();
  for (const definition of supergraph.document.definitions) {
    if (!('directives' in definition) || definition.kind === Kind.SCHEMA_DEFINITION) continue;
    const ofType = guardsIn(definition.directives);
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) {
      if (ofType.length > 0) throw new Error(`guards are enforced on object types only, not on ${definition.kind}`);
      continue;
    }
    for (const field of definition.fields ?? []) {
      const all = [...ofType, ...guardsIn(field.directives)];
      if (all.length > 0) guards.set(`${definition.name.value}.${field.name.value}`, all);
    }
  }
  refuseNonNull(guards, supergraph.schema);
  return guards;
}

/** What guards a field when read through `type`; through an abstract type, what guards any object. */
export function guardsOf(guards: Guards, schema: GraphQLSchema, type: GraphQLCompositeType, field: string): readonly Guard[] {
  if (!isAbstractType(type)) return guards.get(`${type.name}.${field}`) ?? [];
  return schema.getPossibleTypes(type).flatMap(({ name }) => guards.get(`${name}.${field}`) ?? []);
}

export function satisfies(viewer: Viewer | undefined, guard: Guard): boolean {
  if (viewer === undefined) return false;
  return guard.anyOf.length === 0 || guard.anyOf.some((scopes) => scopes.every((scope) => viewer.scopes.has(scope)));
}

function guardsIn(directives: readonly DirectiveNode[] = []): Guard[] {
  return directives.flatMap((directive) => {
    const name = directive.name.value;
    if (name === 'policy') throw new Error('@policy is not enforced');
    if (name === 'authenticated') return [{ key: 'authenticated', anyOf: [] }];
    if (name !== 'requiresScopes') return [];
    const anyOf = scopesIn(directive.arguments?.[0]?.value);
    return [{ key: JSON.stringify(anyOf), anyOf }];
  });
}

function scopesIn(value: ValueNode | undefined): string[][] {
  return listIn(value).map((all) => listIn(all).map((scope) => (scope.kind === Kind.STRING ? scope.value : '')));
}

function listIn(value: ValueNode | undefined): readonly ValueNode[] {
  if (value?.kind !== Kind.LIST) throw new Error('@requiresScopes takes a list of lists of scopes');
  return value.values;
}

function refuseNonNull(guards: Guards, schema: GraphQLSchema): void {
  const mutation = schema.getMutationType()?.name;
  for (const name of guards.keys()) {
    const [typeName = '', fieldName = ''] = name.split('.');
    const type = schema.getType(typeName);
    const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
    if (typeName !== mutation && field !== undefined && isNonNullType(field.type)) {
      throw new Error(`${name} is guarded, so it must be nullable`);
    }
  }
}
