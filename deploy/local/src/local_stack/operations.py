"""The documents that front ends send, word for word, and operators', by name."""

from functools import cache
from pathlib import Path

from graphql import OperationDefinitionNode, parse

from local_stack import paths

# The gateway shows the same documents in GraphiQL.
FILE = paths.GATEWAY / "federation" / "examples" / "operations.graphql"

BACK_OFFICE_FILE = Path(__file__).with_name("back_office.graphql")


def documents() -> dict[str, str]:
    """Every document of operations.graphql by the name of its operation, such as `SendGift`."""
    return _read(FILE)


def back_office_documents() -> dict[str, str]:
    """The documents of operators, such as `PublishPriceBook`."""
    return _read(BACK_OFFICE_FILE)


@cache
def _read(file: Path) -> dict[str, str]:
    text = file.read_text()
    found: dict[str, str] = {}
    for node in parse(text).definitions:
        assert isinstance(node, OperationDefinitionNode), "the file holds operations alone"
        assert node.name is not None, "every operation has a name"
        assert node.loc is not None, "parsed text has places"
        found[node.name.value] = text[node.loc.start : node.loc.end]
    return found
