"""The documents that front ends send, by name: operations.graphql, word for word."""

from functools import cache

from graphql import OperationDefinitionNode, parse

from local_stack import paths

# The gateway shows the same documents in GraphiQL.
FILE = paths.GATEWAY / "federation" / "examples" / "operations.graphql"


@cache
def documents() -> dict[str, str]:
    """Every document of operations.graphql by the name of its operation, such as `SendGift`."""
    text = FILE.read_text()
    found: dict[str, str] = {}
    for node in parse(text).definitions:
        assert isinstance(node, OperationDefinitionNode), "the file holds operations alone"
        assert node.name is not None, "every operation has a name"
        assert node.loc is not None, "parsed text has places"
        found[node.name.value] = text[node.loc.start : node.loc.end]
    return found
