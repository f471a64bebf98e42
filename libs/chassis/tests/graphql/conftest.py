"""A small subgraph that uses everything a service uses: notes that cost coins."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Self
from uuid import UUID

import asyncpg
import pytest
import strawberry

from chassis.auth import Viewer
from chassis.graphql import (
    After,
    Before,
    BigInt,
    Coins,
    Connection,
    Context,
    Currency,
    Executor,
    First,
    IdempotencyConflict,
    Last,
    Limits,
    Money,
    Operation,
    Page,
    Refusal,
    authenticated,
    refusal,
    require_owner,
    require_viewer,
    requires_scope,
    schema,
)

TEXT_CHARS_MAX = 5


@dataclass(kw_only=True, slots=True)
class NotesContext(Context):
    notes: list[int]


type Info = strawberry.Info[NotesContext, None]


@strawberry.federation.type(keys=["id"], description="A note.")
class Note:
    id: strawberry.ID = strawberry.field(description="Its number.")
    coins: Coins = strawberry.field(description="What it cost.")

    @classmethod
    def of(cls, number: int) -> Self:
        return cls(id=strawberry.ID(str(number)), coins=Coins(number))


@strawberry.type(description="A page of notes.")
class NoteConnection(Connection[Note]):
    total_coins: Coins = strawberry.field(description="Of all notes.")


@strawberry.federation.type(keys=["id"], description="A person.")
class User:
    id: strawberry.ID = strawberry.field(description="The `sub` of the token.")

    @classmethod
    def resolve_reference(cls, id: str) -> Self:  # noqa: A002 - the key's name in the schema
        return cls(id=strawberry.ID(id))

    @strawberry.field(
        description="Notes in order of their numbers; the owner's and auditors' only.",
        extensions=[requires_scope("viewer", "operator:audit")],
    )
    async def notes(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> NoteConnection | None:
        require_owner(info.context, self.id, "operator:audit")
        page = Page.of(tuple[int], first=first, after=after, last=last, before=before)
        rows = select_notes(info.context.notes, page)
        return NoteConnection.of(
            page,
            rows,
            node=Note.of,
            key=lambda number: (number,),
            total_coins=Coins(sum(info.context.notes)),
        )


def select_notes(notes: list[int], page: Page[tuple[int]]) -> list[int]:
    """What a store does in SQL: beyond the position, in the direction of reading, one row more."""
    ordered = sorted(notes, reverse=page.backward)
    if page.position is not None:
        (at,) = page.position
        ordered = [note for note in ordered if (note < at if page.backward else note > at)]
    return ordered[: page.limit + 1]


@refusal(code="note_too_long", description="The note is too long.")
class NoteTooLong(Refusal):
    max_length: int = strawberry.field(description="Characters allowed.")


@strawberry.type(description="The note was written.")
class WriteNotePayload:
    note: Note = strawberry.field(description="The note.")
    price: Money = strawberry.field(description="What it cost in money.")


WriteNoteResult = Annotated[
    WriteNotePayload | NoteTooLong | IdempotencyConflict,
    strawberry.union("WriteNoteResult", description="What came of it."),
]


@strawberry.input(description="What to write.")
class WriteNoteInput:
    note_id: UUID = strawberry.field(description="Made by the client.")
    text: str = strawberry.field(description="The words.")
    coins: Coins = strawberry.field(description="What it may cost.")


@strawberry.type(description="Reads.")
class Query:
    @strawberry.federation.field(
        shareable=True, description="The caller.", extensions=[authenticated()]
    )
    def me(self, info: Info) -> User | None:
        return User(id=strawberry.ID(require_viewer(info.context).sub))

    @strawberry.field(description="Fails.")
    async def broken(self) -> int | None:
        raise RuntimeError("the password is hunter2")

    @strawberry.field(description="Finds the database restarting.")
    async def away(self) -> int | None:
        raise asyncpg.CannotConnectNowError("the database system is starting up")

    @strawberry.field(description="The same number again.")
    def echo(self, coins: Coins) -> Coins:
        return coins


@strawberry.type(description="Writes.")
class Mutation:
    @strawberry.mutation(description="Write a note.", extensions=[requires_scope("viewer")])
    async def write_note(
        self,
        info: Info,
        input: WriteNoteInput,  # noqa: A002 - the argument's name in the schema
    ) -> WriteNoteResult:
        if input.note_id.int == 0:
            return IdempotencyConflict()
        if len(input.text) > TEXT_CHARS_MAX:
            return NoteTooLong(message="Too long.", max_length=TEXT_CHARS_MAX)
        price = Money(amount_minor=BigInt(input.coins), currency=Currency("USD"))
        note = Note(id=strawberry.ID(str(input.note_id)), coins=input.coins)
        return WriteNotePayload(note=note, price=price)


SCHEMA = schema(query=Query, mutation=Mutation)

ALICE = Viewer("alice", frozenset({"viewer"}))
AUDITOR = Viewer("otto", frozenset({"operator:audit"}))
NOBODY = Viewer("nobody", frozenset())


@dataclass
class Notes:
    """Runs operations on a list of notes."""

    executor: Executor
    notes: list[int]

    async def run(
        self, query: str, viewer: Viewer | None = ALICE, name: str | None = None, **variables: Any
    ) -> dict[str, Any]:
        context = self.context(viewer, "request-1")
        return await self.executor.run(Operation(query, variables, name), context)

    def context(self, viewer: Viewer | None, request_id: str) -> NotesContext:
        return NotesContext(viewer=viewer, request_id=request_id, notes=self.notes)


@pytest.fixture
def make_notes() -> Callable[..., Notes]:
    def make(notes: int = 7, limits: Limits | None = None) -> Notes:
        return Notes(Executor(SCHEMA, limits=limits), list(range(notes)))

    return make


@pytest.fixture
def notes(make_notes: Callable[..., Notes]) -> Notes:
    return make_notes()


@pytest.fixture
def viewers() -> dict[str, Viewer | None]:
    """Who asks, by name."""
    return {"anonymous": None, "alice": ALICE, "auditor": AUDITOR, "nobody": NOBODY}


@pytest.fixture
def notes_schema() -> strawberry.federation.Schema:
    return SCHEMA
