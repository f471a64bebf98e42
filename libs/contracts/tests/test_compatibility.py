"""Within a version changes are additive: against every version of a schema ever committed."""

import json
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from contracts import catalogue, publish
from contracts.compatibility import breaks

FOLDER = Path(__file__).parents[1]
EVENTS = {registered.type: publish.schema_of(registered) for registered in catalogue.events()}


def git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=FOLDER, capture_output=True, text=True, check=True
    ).stdout


def committed_versions(path: str) -> list[dict[str, Any]]:
    commits = git("log", "--format=%H", "--diff-filter=AM", "--", path).split()
    return [json.loads(git("show", f"{commit}:./{path}")) for commit in commits]


@pytest.mark.parametrize("type_", EVENTS)
def test_no_committed_version_is_broken(type_: str) -> None:
    """Readers and writers of any earlier commit can go on with today's schema."""
    for old in committed_versions(f"schemas/{type_}.json"):
        assert breaks(old, EVENTS[type_]) == []


def test_new_optional_field_breaks_nobody() -> None:
    old = EVENTS["gifts.gift_sent.v1"]
    new = deepcopy(old)
    new["properties"]["streak_id"] = {"type": "string"}
    assert breaks(old, new) == []


def test_a_format_stated_now_breaks_nobody_and_another_one_does() -> None:
    new = EVENTS["wallet.coins_purchased.v1"]
    old, other = deepcopy(new), deepcopy(new)
    del old["properties"]["credited_at"]["format"]
    other["properties"]["credited_at"]["format"] = "date"

    assert breaks(old, new) == []
    assert len(breaks(new, other)) == len(breaks(new, old)) == 1


def test_every_kind_of_break_is_seen() -> None:
    """Removed, retyped, narrowed and newly required, in the event and in what it is made of."""
    old = EVENTS["wallet.charge_posted.v1"]
    new = deepcopy(old)
    del new["properties"]["payer_id"]
    new["properties"]["coins"] = {"type": "string"}
    new["properties"]["note"] = {"type": "string"}
    new["required"].append("note")
    new["$defs"]["LotSlice"]["properties"]["lot_class"]["enum"].remove("bonus")

    assert breaks(old, new) == [
        "payer_id: removed",
        "coins: was {'type': 'integer', 'exclusiveMinimum': 0, "
        "'maximum': 9007199254740991}, "
        "is {'type': 'string'}",
        "note: newly required",
        "LotSlice.lot_class: no longer takes ['bonus']",
    ]
