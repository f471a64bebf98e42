"""Dashboards are what the code builds, and ask for what exists."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from observe import dashboards, places, queries, rules

FILES = sorted(places.DASHBOARDS.glob("*.json"))


def targets(document: Any) -> Iterator[tuple[str, str, str]]:
    """Each query: the panel's title, PromQL, the legend."""
    for panel in document["panels"]:
        for target in panel["targets"]:
            query = target["expr"].replace("$__rate_interval", "5m")
            yield panel["title"], query, target.get("legendFormat", "")


def test_files_are_what_the_code_builds() -> None:
    """`python -m observe write` puts that right."""
    built = dashboards.documents()

    assert {path.stem for path in FILES} == built.keys()
    assert {path.stem: path.read_text() for path in FILES} == built


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_queries_ask_for_what_is_exported(path: Any) -> None:
    """A panel of a metric that nobody exports is empty for ever, and looks like calm."""
    known = rules.known_series()
    asked = list(targets(json.loads(path.read_text())))

    faults = {title: found for title, query, _ in asked if (found := queries.unknown(query, known))}
    shown = {
        title: unknown
        for title, query, legend in asked
        if (unknown := set(queries.labels_in_text(legend)) - queries.result_labels(query, known))
    }
    assert len(asked) > 8
    assert (faults, shown) == ({}, {})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_panel_has_a_place_of_its_own(path: Any) -> None:
    """Nothing lies over anything else, and each asks the source that is chosen at the top."""
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(path.read_text())["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        taken |= cells
