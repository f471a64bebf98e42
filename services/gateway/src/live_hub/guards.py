"""Who may ask for what: read from the directives of the schema, so that nothing else says it."""

from collections.abc import Mapping
from typing import NamedTuple

from graphql import FieldDefinitionNode, GraphQLObjectType
from graphql.utilities import value_from_ast_untyped

from chassis.auth import Proof
from chassis.graphql.errors import ForbiddenError, UnauthenticatedError


class Guard(NamedTuple):
    """What a caller has to prove to be told of a field."""

    needs_token: bool = False
    any_of: tuple[frozenset[str], ...] = ()
    """Scopes: all of one set, whichever. Empty: no scope is needed."""

    def admit(self, proof: Proof | None, now: float) -> Proof | None:
        """The caller's proof, if it is needed; None where anybody may. `now`: Unix time in s.

        Raises:
            UnauthenticatedError: There is no proof, or it holds no longer.
            ForbiddenError: The caller has none of the scopes.
        """
        if not self.needs_token:
            return None
        if proof is None:
            raise UnauthenticatedError
        if proof.expires_at <= now:
            raise UnauthenticatedError("token_expired")
        if self.any_of and not any(needed <= proof.viewer.scopes for needed in self.any_of):
            raise ForbiddenError
        return proof


def guards_of(type_: GraphQLObjectType) -> Mapping[str, Guard]:
    """The guard of each field of a type that was built from SDL."""
    return {
        name: _guard(field.ast_node)
        for name, field in type_.fields.items()
        if field.ast_node is not None
    }


def _guard(node: FieldDefinitionNode) -> Guard:
    directives = {each.name.value: each for each in node.directives or ()}
    scopes = directives.get("requiresScopes")
    if scopes is not None and scopes.arguments:
        any_of: list[list[str]] = value_from_ast_untyped(scopes.arguments[0].value)
        return Guard(True, tuple(frozenset(each) for each in any_of))
    assert scopes is None, "@requiresScopes names scopes"
    return Guard("authenticated" in directives)
