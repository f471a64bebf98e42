"""Completes plain objects in one go.

graphql-core completes each field by itself: it builds an info object, calls a resolver, looks for
awaitables, extends the path; some 12 µs a field, which for a page of ten gifts is more than the
database takes. Most of our fields are attributes of dataclasses and need nothing of that. For a
selection of such fields alone a projector is compiled, once per document, and makes the object's
dictionary directly, at under 1 µs a field.

Whatever a projector cannot do (a resolver, an abstract type, `@skip` and `@include`), and whatever
it finds wrong (null in a non-null field, a value that does not fit), is left to graphql-core, which
does the whole object again and words the error. Attributes have no side effects: that is safe.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final, override

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLString,
    Undefined,
    Visitor,
    visit,
)
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter

type Project = Callable[[Any], Any]
type Projections = dict[tuple[int, int], Project | None]
"""Of one document: by the identity of an object type and of the field that returns it."""

_UNFIT: Final = (GraphQLError, TypeError, ValueError, AttributeError, LookupError)
"""What a projector raises on a value that does not fit."""

_NATIVE: Final[dict[GraphQLScalarType, type]] = {
    GraphQLString: str,
    GraphQLID: str,
    GraphQLBoolean: bool,
}
"""Values of these types are their own JSON."""


def projections_of(document: DocumentNode) -> Projections | None:
    """An empty cache for the document; None if its selections depend on variables."""
    finder = _DirectiveFinder()
    visit(document, finder)
    return None if finder.found else {}


class _DirectiveFinder(Visitor):
    found = False

    def enter_directive(self, *_args: object) -> None:
        self.found = True


class ProjectingExecutor(StrawberryGraphQLCoreExecutionContext):
    """strawberry's executor, with projectors where they can serve.

    Takes `projections` (of the document) besides what graphql-core's `execute` passes on.
    """

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        self._projections: Projections | None = options.pop("projections", None)
        super().__init__(*args, **options)

    @override
    def collect_and_execute_subfields(
        self,
        return_type: GraphQLObjectType,
        field_details_list: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Make the dictionary of one object."""
        project = self._projector(return_type, field_details_list)
        if project is not None:
            try:
                return project(result)
            except _UNFIT:
                pass  # graphql-core finds the same again, and tells where
        return super().collect_and_execute_subfields(
            return_type, field_details_list, path, result, position_context
        )

    def _projector(self, return_type: GraphQLObjectType, details: Sequence[Any]) -> Project | None:
        # A field asked for twice is merged from several nodes: rare, and left to graphql-core.
        if self._projections is None or len(details) != 1:
            return None
        # The nodes live as long as the document, and so does this cache: identities are safe.
        key = (id(return_type), id(details[0].node))
        try:
            return self._projections[key]
        except KeyError:
            project = self._projections[key] = self._compile(return_type, details)
            return project

    def _compile(self, return_type: GraphQLObjectType, details: Sequence[Any]) -> Project | None:
        steps: list[tuple[str, Project]] = []
        for key, inner_details in self.collect_subfields(return_type, list(details))[0].items():
            step = self._compile_field(return_type, inner_details)
            if step is None:
                return None
            steps.append((key, step))

        def project(value: object) -> dict[str, Any]:
            return {key: step(value) for key, step in steps}

        return project

    def _compile_field(self, parent: GraphQLObjectType, details: Sequence[Any]) -> Project | None:
        node: FieldNode = details[0].node
        if node.name.value == "__typename":
            name = parent.name
            return lambda _value: name
        field = parent.fields[node.name.value]
        attribute = _attribute_of(field)
        if attribute is None:
            return None
        complete = self._compile_type(field.type, details)
        if complete is None:
            return None
        get = attrgetter(attribute)
        return lambda value: complete(get(value))

    def _compile_type(self, type_: object, details: Sequence[Any]) -> Project | None:
        if isinstance(type_, GraphQLNonNull):
            inner = self._compile_nullable(_inner(type_), details)  # pyright: ignore[reportUnknownArgumentType]
            return None if inner is None else _non_null(inner)
        inner = self._compile_nullable(type_, details)
        return None if inner is None else _nullable(inner)

    def _compile_nullable(self, type_: object, details: Sequence[Any]) -> Project | None:
        """How to complete a value of that type that is not None."""
        if isinstance(type_, GraphQLList):
            item = self._compile_type(_inner(type_), details)  # pyright: ignore[reportUnknownArgumentType]
            return None if item is None else lambda values: [item(value) for value in values]
        if isinstance(type_, GraphQLObjectType):
            return self._compile(type_, details) if len(details) == 1 else None
        if isinstance(type_, GraphQLScalarType | GraphQLEnumType):
            return _leaf(type_)
        return None


def _attribute_of(field: GraphQLField) -> str | None:
    """The attribute that the field shows; None if it has a resolver of its own."""
    if not getattr(field.resolve, "_is_default", False):
        return None
    definition: Any = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
    return definition.python_name


def _inner(type_: GraphQLNonNull[Any] | GraphQLList[Any]) -> object:
    return type_.of_type


def _non_null(complete: Project) -> Project:
    def complete_non_null(value: object) -> object:
        if value is None:
            raise ValueError("null in a non-null place")
        return complete(value)

    return complete_non_null


def _nullable(complete: Project) -> Project:
    return lambda value: None if value is None else complete(value)


def _leaf(type_: GraphQLScalarType | GraphQLEnumType) -> Project:
    coerce = type_.coerce_output_value

    def complete_leaf(value: object) -> object:
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise ValueError("a value that is not one of its type")
        return coerced

    native = _NATIVE.get(type_) if isinstance(type_, GraphQLScalarType) else None
    if native is None:
        return complete_leaf
    return lambda value: value if type(value) is native else complete_leaf(value)
