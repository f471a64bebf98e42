"""Runs one operation against a schema."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import ExecutionResult, GraphQLError, OperationType
from graphql.execution import execute  # pyright: ignore[reportUnknownVariableType]
from strawberry.execution import optimized_is_awaitable

from chassis.graphql.context import Context
from chassis.graphql.documents import Document, DocumentCache
from chassis.graphql.errors import INTERNAL, PARSE_FAILED
from chassis.graphql.limits import Limits
from chassis.graphql.masking import mask_errors
from chassis.graphql.projection import ProjectingExecutor
from chassis.telemetry import metrics


@dataclass(frozen=True, slots=True)
class Operation:
    """What a caller asks for, as it came in the request's body."""

    query: str
    variables: Mapping[str, Any] | None = None
    name: str | None = None


class Executor:
    """Runs operations, with each document parsed and validated once.

    Goes past `strawberry.Schema.execute` to graphql-core, because its per-request extension
    machinery costs as much as a small query. This is the one place that knows how strawberry
    drives graphql-core.
    """

    def __init__(self, schema: strawberry.Schema, *, limits: Limits | None = None) -> None:
        self._schema = schema._schema  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        self._documents = DocumentCache(self._schema, limits or Limits())
        self._options: dict[str, Any] = {
            "is_awaitable": optimized_is_awaitable,
            "operation_extensions": None,
            "executor_class": ProjectingExecutor,
        }

    async def run(self, operation: Operation, context: Context) -> dict[str, object]:
        """The response body: `data`, and `errors` fit to be shown. Raises nothing of its own."""
        began_at = time.perf_counter()
        document = self._documents.get(operation.query)
        body = await self._answer(document, operation, context)
        metrics.record_request(document.first_field, _outcome(body), time.perf_counter() - began_at)
        return body

    async def _answer(
        self, document: Document, operation: Operation, context: Context
    ) -> dict[str, object]:
        if document.errors or document.node is None:
            return {"errors": [error.formatted for error in document.errors]}
        if (problem := _operation_problem(document, operation.name)) is not None:
            return {"errors": [problem.formatted]}
        outcome = execute(
            self._schema,
            document.node,
            variable_values=dict(operation.variables or {}),
            operation_name=operation.name,
            context_value=context,
            projections=document.projections,
            **self._options,
        )
        result: ExecutionResult = outcome if isinstance(outcome, ExecutionResult) else await outcome
        body: dict[str, object] = {"data": result.data}
        if result.errors:
            body["errors"] = mask_errors(result.errors, request_id=context.request_id)
            _let_go(result.errors)
        return body


def _let_go(errors: Iterable[GraphQLError]) -> None:
    """Let errors that are answered go without what they were raised through.

    A frame knows its error and the error its frames, with all that the request had: 23 kB that only
    the collector would find, which looks seldom. An outage makes thousands of them.
    """
    left: list[BaseException | None] = list(errors)
    seen: set[int] = set()
    while left:
        error = left.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        error.__traceback__ = None
        left += (error.__cause__, error.__context__)
        if isinstance(error, GraphQLError):
            left.append(error.original_error)


def _outcome(body: Mapping[str, Any]) -> str:
    """For metrics: `ok`, or the first error's code."""
    errors = body.get("errors")
    return errors[0].get("extensions", {}).get("code", INTERNAL) if errors else "ok"


def _operation_problem(document: Document, name: str | None) -> GraphQLError | None:
    operations = document.operations
    kind = next(iter(operations.values()), None) if name is None else operations.get(name)
    if kind is None or (name is None and len(operations) != 1):
        message = "Say with operationName which operation to run: none or several match."
        return GraphQLError(message, extensions={"code": PARSE_FAILED})
    if kind is OperationType.SUBSCRIPTION:
        message = "Subscriptions are not served here."
        return GraphQLError(message, extensions={"code": PARSE_FAILED})
    return None
