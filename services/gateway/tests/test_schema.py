"""The committed supergraph: composed from the services' schemas, described, and breaking nobody."""

import shutil
from pathlib import Path

import pytest
from gateway_process import GATEWAY, run_node
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)
from subgraphs import SERVICES, schema_files

CHECK = "federation/composition/check.ts"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    text = (GATEWAY / "supergraph.graphql").read_text()
    return build_schema(text, assume_valid=True, assume_valid_sdl=True)


@pytest.fixture
def services(tmp_path: Path) -> Path:
    """A copy of the services' schemas, to change."""
    for file in schema_files().values():
        copy = tmp_path / file.relative_to(SERVICES)
        copy.parent.mkdir(parents=True)
        shutil.copy(file, copy)
    return tmp_path


def change(services: Path, service: str, before: str, after: str) -> None:
    file = services / service / "schema.graphql"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))


def test_supergraph_is_up_to_date_and_breaks_nobody() -> None:
    """`npm run check`, against main."""
    done = run_node(CHECK)

    assert done.returncode == 0, done.stderr


def test_drift_is_found(services: Path) -> None:
    """A schema that was changed without composing."""
    change(services, "gifts", "sendGift(", "sendOneGift(input: SendGiftInput!): SendGiftResult!\n  sendGift(")  # fmt: skip # noqa: E501

    done = run_node(CHECK, "--services", str(services), "--base", "HEAD")

    assert done.returncode == 1
    assert "supergraph.graphql is not what the schemas compose to" in done.stderr


def test_planted_break_is_found(services: Path) -> None:
    """A field that front ends use is gone, and another may not be left out any more."""
    change(services, "gifts", "  acceptsGifts: Boolean!", "  takesGifts: Boolean!")

    done = run_node(CHECK, "--services", str(services), "--base", "HEAD")

    assert done.returncode == 1
    assert "breaks front ends: Creator.acceptsGifts was removed." in done.stderr


def test_schemas_that_do_not_compose_are_found(services: Path) -> None:
    """Two services that say different things of one type."""
    change(services, "payouts", "microDiamonds: MicroDiamonds!", "microDiamonds: Nowhere!")

    done = run_node(CHECK, "--services", str(services), "--base", "HEAD")

    assert done.returncode == 1
    assert done.stderr.startswith("the schemas do not compose:")


def test_everything_is_described(schema: GraphQLSchema) -> None:
    """Every type, field, argument, input and enum value that callers can see."""
    bare: list[str] = []
    for name, type_ in schema.type_map.items():
        if name.startswith(("__", "join__", "link__")) or "__" in name:
            continue
        if type_.description is None and name not in {"String", "Int", "Boolean", "ID", "Float"}:
            bare.append(name)
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in type_.fields.items():
                if not field.description:
                    bare.append(f"{name}.{field_name}")
                bare += [
                    f"{name}.{field_name}({argument})"
                    for argument, definition in field.args.items()
                    if not definition.description
                ]
        if isinstance(type_, GraphQLInputObjectType):
            bare += [
                f"{name}.{key}" for key, field in type_.fields.items() if not field.description
            ]
        if isinstance(type_, GraphQLEnumType):
            bare += [
                f"{name}.{key}" for key, value in type_.values.items() if not value.description
            ]

    assert bare == []
