"""Who may read or do what: in the schema for the gateway, and checked again here.

A guard on a field does both: it writes `@authenticated` or `@requiresScopes` into the SDL and
refuses the call by itself, so a subgraph reached around the gateway gives nothing away.
"""

from collections.abc import Awaitable, Callable
from typing import Any, override

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.federation.schema_directives import Authenticated, RequiresScopes
from strawberry.types.field import StrawberryField

from chassis.auth import Viewer
from chassis.graphql.context import Context
from chassis.graphql.errors import ForbiddenError, UnauthenticatedError


def require_viewer(context: Context) -> Viewer:
    """The caller. Raises UnauthenticatedError when there is none."""
    if context.viewer is None:
        raise UnauthenticatedError
    return context.viewer


def require_scope(context: Context, *any_of: str) -> Viewer:
    """The caller, who holds at least one of these scopes.

    Raises:
        UnauthenticatedError: Nobody is signed in.
        ForbiddenError: The caller holds none of them.
    """
    viewer = require_viewer(context)
    if viewer.scopes.isdisjoint(any_of):
        raise ForbiddenError
    return viewer


def require_owner(context: Context, owner: str, *or_any_scope: str) -> Viewer:
    """The caller, who is `owner` or holds one of the scopes (an operator's).

    Raises:
        UnauthenticatedError: Nobody is signed in.
        ForbiddenError: Somebody else's.
    """
    viewer = require_viewer(context)
    if viewer.sub != owner and viewer.scopes.isdisjoint(or_any_scope):
        raise ForbiddenError
    return viewer


class _Guard(FieldExtension):
    def __init__(self, any_of: tuple[str, ...]) -> None:
        self._any_of = any_of

    def check(self, context: Context) -> None:
        if self._any_of:
            require_scope(context, *self._any_of)
        else:
            require_viewer(context)

    @override
    def apply(self, field: StrawberryField) -> None:
        directive = (
            RequiresScopes(scopes=[[scope] for scope in self._any_of])  # pyright: ignore[reportArgumentType]
            if self._any_of
            else Authenticated()
        )
        field.directives = [*field.directives, directive]

    @override
    def resolve(
        self, next_: Callable[..., Any], source: Any, info: strawberry.Info[Any, Any], **kwargs: Any
    ) -> Any:
        self.check(info.context)
        return next_(source, info, **kwargs)

    @override
    async def resolve_async(
        self,
        next_: Callable[..., Awaitable[Any]],
        source: Any,
        info: strawberry.Info[Any, Any],
        **kwargs: Any,
    ) -> Any:
        self.check(info.context)
        return await next_(source, info, **kwargs)


def authenticated() -> FieldExtension:
    """For a field's `extensions`: any signed-in caller."""
    return _Guard(())


def requires_scope(*any_of: str) -> FieldExtension:
    """For a field's `extensions`: a caller who holds at least one of these scopes."""
    assert any_of
    return _Guard(any_of)
