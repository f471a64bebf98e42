"""What a migration does that a running process of the version before may not survive."""

import re
from collections.abc import Iterator

_SKIPPED = re.compile(
    r"""
    --[^\n]*                                       # a comment
    | /\* .*? \*/                                   # another
    | \$(?P<tag>\w*)\$ .*? \$(?P=tag)\$             # the body of a function
    | '(?:[^']|'')*'                                # a text
    """,
    re.VERBOSE | re.DOTALL,
)
_CREATED = re.compile(r"^create (?:unlogged )?table (?:if not exists )?([\w.]+)")
_ALTERED = re.compile(r"^alter table (?:if exists )?(?:only )?([\w.]+) (.*)$")
_ADDED = re.compile(r"^add (?:column )?(?!constraint|check|unique|primary|foreign|exclude)(\w+) ")
_ADDED_RULE = re.compile(r"^add (?:constraint (\w+)|check|unique|primary|foreign|exclude)\b")
_DROPPED_RULE = re.compile(r"^drop constraint (?:if exists )?(\w+)")
_KEY = re.compile(r"_(?:pkey|key|excl)$")

_STATEMENTS = (
    (re.compile(r"^drop (?!trigger\b|policy\b|rule\b)(\w+)"), "what it uses is gone"),
    (re.compile(r"^alter .* rename\b"), "it knows the name before"),
    (re.compile(r"^alter .* set schema\b"), "it knows the name before"),
    (re.compile(r"^(?:truncate|delete from)\b"), "it still reads those rows"),
    (re.compile(r"^revoke\b"), "it may need the right"),
)
_ACTIONS = (
    (re.compile(r"^(?:rename|set schema)\b"), "it knows the name before"),
    (re.compile(r"^drop (?!constraint\b)"), "what it uses is gone"),
    (
        re.compile(r"^alter (?:column )?\w+ (?:set data )?type\b"),
        "it writes and reads the old type",
    ),
    (re.compile(r"^alter (?:column )?\w+ set not null\b"), "it may write nulls"),
    (
        re.compile(r"^alter (?:column )?\w+ drop (?:default|identity|expression)\b"),
        "it counts on it",
    ),
    (re.compile(r"^alter (?:column )?\w+ (?:add|set) generated always\b"), "it may write values"),
    (re.compile(r"^enable (?:force )?row level\b|^force row level\b"), "it may see no rows"),
)


def breaks(text: str) -> list[str]:
    """What in a migration's text breaks the version before, each with why; empty: nothing.

    Looks at statements alone. What a trigger or a function refuses from now on, and which values a
    column will hold, only a roll-out shows: `tests/faults/test_rolling_upgrade.py`.
    """
    statements = list(_statements(text))
    new = {match[1] for each in statements if (match := _CREATED.match(each))}
    found: list[str] = []
    for statement in statements:
        altered = _ALTERED.match(statement)
        if altered is None:
            found += [f"{statement[:80]}: {why}" for why in _broken_by(statement, new)]
        elif altered[1] not in new:
            actions = list(_parts(altered[2]))
            found += [f"{altered[1]}: {what[:80]}: {why}" for what, why in _broken_among(actions)]
    return found


def _broken_by(statement: str, new: set[str]) -> Iterator[str]:
    for pattern, why in _STATEMENTS:
        if pattern.match(statement):
            yield why
    unique = re.match(r"^create unique index .*? on (?:only )?([\w.]+)", statement)
    if unique and unique[1] not in new:
        yield "it may write the same twice"


def _broken_among(actions: list[str]) -> Iterator[tuple[str, str]]:
    """Of one ALTER TABLE of a table that was there before."""
    dropped = {match[1] for each in actions if (match := _DROPPED_RULE.match(each))}
    added = {match[1] for each in actions if (match := _ADDED_RULE.match(each)) and match[1]}
    for action in actions:
        for pattern, why in _ACTIONS:
            if pattern.match(action):
                yield action, why
        rule = _ADDED_RULE.match(action)
        # One of the same name in its place is taken to allow more, as new values of a status do.
        if rule and rule[1] not in dropped:
            yield action, "it may write what is refused now"
        gone = _DROPPED_RULE.match(action)
        if gone and _KEY.search(gone[1]) and gone[1] not in added:
            yield action, "it may name the key in ON CONFLICT"
        if (
            _ADDED.match(action)
            and re.search(r"\bnot null\b|\bprimary key\b", action)
            and not re.search(r"\bdefault\b|\bgenerated\b", action)
        ):
            yield action, "it writes rows without it"


def _statements(text: str) -> Iterator[str]:
    """Statements in lower case, on one line, without comments, bodies and texts."""
    plain = _SKIPPED.sub(lambda match: " " if match[0].startswith(("--", "/*")) else "''", text)
    for statement in plain.split(";"):
        if words := " ".join(statement.lower().split()):
            yield words


def _parts(text: str) -> Iterator[str]:
    """What commas divide, outside of brackets."""
    depth, begun = 0, 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            yield text[begun:place].strip()
            begun = place + 1
    yield text[begun:].strip()
