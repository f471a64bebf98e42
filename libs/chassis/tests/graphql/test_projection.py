"""Projectors answer exactly what graphql-core answers, and leave to it what they cannot do."""

import enum
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
import strawberry
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.graphql import Coins, Context, Executor, Operation, schema
from chassis.graphql.projection import ProjectingExecutor, projections_of


@strawberry.enum(description="A colour.")
class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.type(description="A leaf.")
class Leaf:
    id: strawberry.ID
    text: str
    coins: Coins
    at: datetime
    day: date | None
    uuid: UUID
    colour: Colour
    ratio: float
    yes: bool
    words: list[str | None] | None


@strawberry.type(description="A branch.")
class Branch:
    leaf: Leaf | None
    leaves: list[Leaf]
    rows: list[list[Leaf | None]]

    @strawberry.field(description="Made up.")
    def made(self, times: int = 1) -> str:
        return "x" * times


type Info = strawberry.Info[TreeContext, None]


@dataclass(kw_only=True, slots=True)
class TreeContext(Context):
    tree: Branch


@strawberry.type(description="Reads.")
class Query:
    @strawberry.field(description="The tree.")
    async def tree(self, info: Info) -> Branch | None:
        return info.context.tree


EXECUTOR = Executor(schema(query=Query))

LEAF = "id text coins at day uuid colour ratio yes words __typename"
QUERIES = [
    f"{{ tree {{ leaf {{ {LEAF} }} }} }}",
    f"{{ tree {{ leaves {{ {LEAF} }} rows {{ {LEAF} }} }} }}",
    "{ tree { made leaf { id } } }",
    "{ tree { a: leaf { x: id y: id } b: leaf { ...f } leaves { ...f } } } fragment f on Leaf { coins text }",  # noqa: E501
    "{ tree { leaf { id } leaf { text } ... on Branch { leaf { coins } } } }",
    "{ tree { made(times: 3) leaves { ... on Leaf { colour } } } }",
]

leaves = st.builds(
    Leaf,
    id=st.text(max_size=5),
    text=st.text(max_size=5),
    coins=st.integers(-(2**53) + 1, 2**53 - 1),
    at=st.datetimes(timezones=st.just(UTC)),
    day=st.none() | st.dates(),
    uuid=st.uuids(),
    colour=st.sampled_from(Colour),
    ratio=st.floats(allow_nan=False, allow_infinity=False),
    yes=st.booleans(),
    words=st.none() | st.lists(st.none() | st.text(max_size=3), max_size=2),
)
trees = st.builds(
    Branch,
    leaf=st.none() | leaves,
    leaves=st.lists(leaves, max_size=3),
    rows=st.lists(st.lists(st.none() | leaves, max_size=2), max_size=2),
)


async def both_ways(tree: Branch, query: str, **variables: Any) -> tuple[Any, Any]:
    """What the executor answers with projectors, and without."""
    context = TreeContext(viewer=None, request_id="r", tree=tree)
    fast = await EXECUTOR.run(Operation(query, variables), context)
    with without_projectors():
        slow = await EXECUTOR.run(Operation(query, variables), context)
    return fast, slow


class without_projectors:  # noqa: N801 - reads as a statement
    """Leaves everything to graphql-core for a while."""

    def __enter__(self) -> None:
        self._saved = ProjectingExecutor._projector
        ProjectingExecutor._projector = lambda *_args: None  # pyright: ignore[reportAttributeAccessIssue]

    def __exit__(self, *_error: object) -> None:
        ProjectingExecutor._projector = self._saved


@settings(max_examples=60, deadline=None)
@given(tree=trees, query=st.sampled_from(QUERIES))
async def test_answers_are_the_same(tree: Branch, query: str) -> None:
    """For any tree: values, order of keys, nulls, aliases, fragments, merged fields."""
    fast, slow = await both_ways(tree, query)

    assert fast == slow
    assert repr(fast) == repr(slow)
    assert "errors" not in fast


def a_leaf(**wrong: Any) -> Leaf:
    fitting: dict[str, Any] = {
        "id": "i",
        "text": "t",
        "coins": 1,
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "day": None,
        "uuid": UUID(int=1),
        "colour": Colour.RED,
        "ratio": 0.5,
        "yes": True,
        "words": ["w", None],
    }
    return Leaf(**fitting | wrong)


WRONG: list[dict[str, Any]] = [
    {"id": None},
    {"coins": None},
    {"coins": 2**53},
    {"coins": 1.5},
    {"text": object()},
    {"at": "yesterday"},
    {"colour": "green"},
    {"ratio": float("inf")},
    {"words": 3},
    {"yes": "no"},
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: next(iter(wrong)))
async def test_defects_are_the_same(wrong: dict[str, Any]) -> None:
    """A value that does not fit is an error at the same place, and nulls the same things."""
    tree = Branch(leaf=a_leaf(), leaves=[a_leaf(), a_leaf(**wrong)], rows=[[a_leaf(**wrong)], []])

    for query in QUERIES[:2]:
        fast, slow = await both_ways(tree, query)
        assert fast == slow


async def test_variables_decide_what_is_selected() -> None:
    """A document with @skip or @include has no projectors: its selections are not fixed."""
    query = (
        "query ($yes: Boolean!) { tree { leaf { id @include(if: $yes) text @skip(if: $yes) } } }"
    )
    tree = Branch(leaf=a_leaf(), leaves=[], rows=[])
    context = TreeContext(viewer=None, request_id="r", tree=tree)

    answers = [
        await EXECUTOR.run(Operation(query, {"yes": yes}), context) for yes in (True, False, True)
    ]

    leaf = [answer["data"]["tree"]["leaf"] for answer in answers]  # pyright: ignore[reportIndexIssue]
    assert leaf == [{"id": "i"}, {"text": "t"}, {"id": "i"}]


async def test_plain_objects_are_projected() -> None:
    """The point of it: one step for the whole object and all within it."""
    executor = Executor(schema(query=Query))
    tree = Branch(leaf=None, leaves=[a_leaf()] * 3, rows=[])
    context = TreeContext(viewer=None, request_id="r", tree=tree)

    await executor.run(Operation(QUERIES[1]), context)

    document = executor._documents.get(QUERIES[1])
    assert document.projections is not None
    assert len(document.projections) == 1
    assert document.node is not None
    assert projections_of(document.node) == {}
