"""Statements are found by name, and a file that cannot be read right is refused."""

import sys
from pathlib import Path

import pytest

from chassis import sql


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "sample_store"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "sample_store", raising=False)
    return folder / "things.sql"


def test_statements_by_name(write: Path) -> None:
    write.write_text("-- name: find_one\n-- $1 id\nSELECT 1;\n\n-- name: find_two\nSELECT ';' ;\n")

    assert dict(sql.load("sample_store", "things.sql")) == {
        "find_one": "-- $1 id\nSELECT 1",
        "find_two": "SELECT ';' ",
    }


def test_name_used_twice_is_refused(write: Path) -> None:
    write.write_text("-- name: find\nSELECT 1;\n-- name: find\nSELECT 2;\n")
    with pytest.raises(ValueError, match="declares 'find' twice"):
        sql.load("sample_store", "things.sql")


def test_file_without_a_statement_is_refused(write: Path) -> None:
    write.write_text("SELECT 1;\n")
    with pytest.raises(ValueError, match="declares no statement"):
        sql.load("sample_store", "things.sql")
