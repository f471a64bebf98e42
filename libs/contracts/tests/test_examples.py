"""Every payload ever published still parses. Examples are added, never edited."""

import re
import subprocess
from pathlib import Path

import msgspec
import pytest

from contracts import catalogue
from contracts.event import decoder, describe, encode, find

EXAMPLES = Path(__file__).parents[1] / "examples"
FILES = sorted(EXAMPLES.glob("*/*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_example_parses(file: Path) -> None:
    registered = find(file.parent.name)
    assert registered is not None
    event = decoder(registered.cls).decode(file.read_bytes())
    assert decoder(registered.cls).decode(encode(event)) == event


def test_every_event_has_an_example() -> None:
    assert {file.parent.name for file in FILES} == {e.type for e in catalogue.events()}


def test_examples_are_never_edited() -> None:
    """An edited example would hide that an old payload no longer parses."""
    edited = subprocess.run(
        ["git", "log", "--format=%h", "--name-only", "--diff-filter=MD", "--", "."],
        cwd=EXAMPLES,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert edited == ""


@pytest.mark.parametrize("registered", catalogue.events(), ids=lambda e: e.type)
def test_unknown_fields_are_ignored(registered: object) -> None:
    """A newer producer adds fields; an older consumer reads on (T15)."""
    for file in FILES:
        if find(file.parent.name) is registered:
            payload = msgspec.json.decode(file.read_bytes())
            payload["added_later"] = {"anything": [1, 2]}
            kind = find(file.parent.name)
            assert kind is not None
            event = decoder(kind.cls).decode(msgspec.json.encode(payload))
            assert describe(type(event)) is registered


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("coins", 0),
        ("coins", -5),
        ("coins", 2**53),
        ("coins", 1.5),
        ("payer_id", ""),
        ("payer_id", "x" * 65),
    ],
)
def test_amounts_and_ids_out_of_bounds_are_refused(field: str, value: object) -> None:
    """The decoder is the first to check an amount: nothing behind it sees one out of bounds."""
    file = next(EXAMPLES.glob("gifts.charge_requested.v1/*.json"))
    payload = msgspec.json.decode(file.read_bytes()) | {field: value}
    kind = find("gifts.charge_requested.v1")
    assert kind is not None
    with pytest.raises(msgspec.ValidationError, match=field):
        decoder(kind.cls).decode(msgspec.json.encode(payload))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_time_without_offset_is_not_read(file: Path) -> None:
    """Compared with ours it would stop a whole consumer rather than be set aside."""
    registered = find(file.parent.name)
    assert registered is not None
    read = decoder(registered.cls).decode
    naive = re.sub(r'(T\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|[+-]\d\d:\d\d)"', r'\1"', file.read_text())

    if naive != file.read_text():
        with pytest.raises(msgspec.ValidationError, match="timezone"):
            read(naive)
    else:
        read(naive)
