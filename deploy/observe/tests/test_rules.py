"""Every alert can be understood, is tested, and asks for what exists."""

import re

import pytest

from local_stack.paths import GATEWAY, REPOSITORY
from observe import queries, rules

ALERTS = rules.alerts()
NAMES = sorted({each.name for each in ALERTS})

SCHEMA = set(re.findall(r"\w+", (GATEWAY / "supergraph.graphql").read_text()))

PARTS = ("What it means", "What the user sees", "How to look", "How to mend", "Tried")


@pytest.mark.parametrize("rule", rules.rules(), ids=lambda rule: f"{rule[0]} {rule.labels}")
def test_rules_ask_for_what_is_exported(rule: rules.Alert | rules.Recording) -> None:
    """A renamed metric would silence an alert without a word."""
    assert queries.unknown(rule.expr, rules.known_series()) == []


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: f"{alert.name} {alert.labels}")
def test_an_alert_says_what_and_where(alert: rules.Alert) -> None:
    """How urgent it is, what is wrong in a line, and the page for whoever is woken."""
    page = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", alert.name).lower()
    known = rules.known_series()

    assert alert.labels["severity"] in ("page", "ticket")
    assert alert.annotations["runbook_url"] == f"docs/runbooks/{page}.md"
    shown = set(queries.labels_in_text(alert.annotations["summary"])) - {"end"}
    assert shown <= queries.result_labels(alert.expr, known)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_for_whoever_is_woken(name: str) -> None:
    """The same parts in the same order, none of them empty."""
    (url,) = {each.annotations["runbook_url"] for each in ALERTS if each.name == name}
    text = (REPOSITORY / url).read_text()

    sections = re.findall(r"^## (.+)\n\n(.*)", text, re.MULTILINE)
    assert tuple(title for title, _ in sections) == PARTS
    assert all(first.strip() for _, first in sections)
    assert text.startswith(f"# {name}\n")


def test_objectives_alert_alike() -> None:
    """The windows and paces are tested with one of them; the others are the same."""
    forms: dict[str, set[str]] = {}
    for alert in ALERTS:
        objectives = set(re.findall(r'objective="(\w+)"', alert.expr))
        if objectives:
            (objective,) = objectives
            form = alert.expr.replace(objective, "…")
            forms.setdefault(alert.labels["severity"], set()).add(form)

    assert {severity: len(each) for severity, each in forms.items()} == {"page": 1, "ticket": 1}


@pytest.mark.parametrize("name", NAMES)
def test_pages_ask_for_what_is_there(name: str) -> None:
    """Queries that a page has typed in, and operations of ours that it names."""
    (url,) = {each.annotations["runbook_url"] for each in ALERTS if each.name == name}
    text = (REPOSITORY / url).read_text()
    known = rules.known_series()

    asked = [each for each in re.findall(r"`([^`\n]+)`", text) if "largesse" in each]
    typed = re.findall(r"query instant \$PROMETHEUS '([^']+)'", text)
    assert {
        each: unknown
        for each in (*asked, *typed)
        if "(" in each or "{" in each or ":" in each
        if (unknown := queries.unknown(each, known))
    } == {}
    operations = {each for each in re.findall(r"`([a-z]+[A-Z]\w+)`", text) if "_" not in each}
    assert operations - SCHEMA == set()


@pytest.mark.parametrize("name", NAMES)
def test_an_alert_has_been_seen_to_fire_and_not_to(name: str) -> None:
    """With each of its severities; `make test-rules` runs the tests."""
    checks = [(fires, severities) for each, fires, severities in rules.tested() if each == name]

    assert {fires for fires, _ in checks} == {True, False}
    fired = frozenset[str]().union(*(severities for _, severities in checks))
    assert fired == {each.labels["severity"] for each in ALERTS if each.name == name}


def test_rule_tests_are_of_alerts_that_exist() -> None:
    assert {name for name, *_ in rules.tested()} == set(NAMES)
