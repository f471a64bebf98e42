"""The SDL that a service commits."""

import strawberry

from chassis.graphql import IdempotencyConflict, NotEligible, Refusal, refusal_code, sdl


def test_sdl_has_the_federation_version_that_composes(
    notes_schema: strawberry.federation.Schema,
) -> None:
    """The newest version would not be accepted."""
    assert 'url: "https://specs.apollo.dev/federation/v2.9"' in sdl(notes_schema)


def test_guards_are_written_into_the_sdl(notes_schema: strawberry.federation.Schema) -> None:
    """What a field checks, it says."""
    text = sdl(notes_schema)

    assert "me: User @shareable @authenticated" in text
    assert '): NoteConnection @requiresScopes(scopes: [["viewer"], ["operator:audit"]])' in text
    assert 'WriteNoteResult! @requiresScopes(scopes: [["viewer"]])' in text


def test_shared_types_can_be_in_every_subgraph(notes_schema: strawberry.federation.Schema) -> None:
    """Composition refuses a type of two subgraphs that is not shareable."""
    text = sdl(notes_schema)

    for name in ("Money @", "PageInfo @", "IdempotencyConflict implements Refusal @"):
        assert f"type {name}shareable" in text


def test_refusals_have_codes() -> None:
    """Each type one of its own, the interface none."""
    assert refusal_code(IdempotencyConflict) == "idempotency_conflict"
    assert refusal_code(NotEligible) == "not_eligible"
    assert refusal_code(Refusal) is None
