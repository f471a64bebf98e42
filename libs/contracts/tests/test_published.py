"""The committed schemas and the AsyncAPI document are the ones that the code stands for."""

from pathlib import Path

import pytest

from contracts import catalogue, publish

FOLDER = Path(__file__).parents[1]


@pytest.mark.parametrize(("path", "text"), publish.documents().items())
def test_committed_equals_generated(path: str, text: str) -> None:
    """A change of a contract shows in the diff: run `python -m contracts` after one."""
    assert (FOLDER / path).read_text() == text


def test_no_schema_is_left_behind() -> None:
    """An event that was removed takes its schema along, so nobody reads about what is not sent."""
    committed = {f"schemas/{file.name}" for file in (FOLDER / "schemas").iterdir()}
    assert committed == publish.documents().keys() - {"asyncapi.json"}


def test_names_follow_the_scheme() -> None:
    """Types are `<producer>.<event>.v<major>`, and topics `<producer>.<entity>.v<major>`."""
    for registered in catalogue.events():
        producer, _, version = registered.type.split(".")
        assert registered.topic.name.startswith(f"{producer}.")
        assert registered.topic.name.endswith(f".{version}")


def test_every_field_has_one_meaning_for_its_key() -> None:
    """Each event names the field that its record is keyed by, and it is text."""
    for registered in catalogue.events():
        assert publish.schema_of(registered)["properties"][registered.key]["type"] == "string"
