"""The committed SDL is the one that the program serves, and says what everything means."""

from pathlib import Path

from graphql import build_schema

from chassis.graphql import sdl
from chassis.testing.sdl import undescribed
from wallet.graphql.schema import SCHEMA

COMMITTED = Path(__file__).parents[2] / "schema.graphql"


def test_committed_sdl_is_current() -> None:
    """After a change: `python -m wallet schema > services/wallet/schema.graphql`."""
    assert COMMITTED.read_text() == sdl(SCHEMA)


def test_everything_is_described() -> None:
    assert undescribed(sdl(SCHEMA)) == []


def test_sdl_is_valid() -> None:
    """As the composition reads it: the federation directives are declared by the import."""
    text = COMMITTED.read_text()

    assert '@link(url: "https://specs.apollo.dev/federation/v2.9"' in text
    build_schema(text, assume_valid_sdl=True)
