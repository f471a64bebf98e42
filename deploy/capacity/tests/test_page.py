"""docs/capacity.md says what the program says."""

import re
import sys
from pathlib import Path

import pytest

from capacity import __main__ as program
from capacity.ceilings import first_to_give_way
from capacity.costs import COSTS, read_costs
from capacity.tables import ceilings_table, plans_table

PAGE = (Path(__file__).parents[3] / "docs/capacity.md").read_text()
REMEDY = "`make capacity` prints the tables: put them into the page"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["capacity", *arguments])
    return program.main()


def test_its_tables_are_what_the_program_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 0
    printed = capsys.readouterr().out

    for table in (ceilings_table(read_costs()), plans_table(read_costs())):
        assert table in printed
        assert table in PAGE, REMEDY


def test_it_names_what_gives_way_first() -> None:
    for in_rooms in (True, False):
        first = first_to_give_way(read_costs(), in_rooms=in_rooms)

        assert f"**{first.part}, at {first.gifts_per_s:,.0f} gifts/s**" in PAGE


def test_a_load_of_your_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--gifts-per-s", "30000") == 0
    printed = capsys.readouterr().out

    assert "| gifts/s | 30,000 |" in printed
    assert "first to give way: wallet: the one relay" in printed
    assert re.search(r"^too much for: gifts: the one relay \(22,222/s\)", printed, re.MULTILINE)


def test_prices_of_your_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "costs.toml"
    free = re.sub(
        r"^(core_month|memory_gb_month|disk_gb_month) = .*",
        r"\1 = 0.0",
        COSTS.read_text(),
        flags=re.MULTILINE,
    )
    file.write_text(free)

    assert run(monkeypatch, "--gifts-per-s", "1000", "--costs", str(file)) == 0
    assert "| US dollars a month | 0 |" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [("--gifts-per-s", "0"), ("--gifts-per-s", "1", "--costs", "no-such-file"), ("--viewers", "5")],
    ids=["no load", "no figures", "viewers alone"],
)
def test_what_cannot_be_reckoned_is_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert run(monkeypatch, *arguments) == 1
    assert capsys.readouterr().err.startswith("capacity: ")
