"""Programs that are not there are asked for, never passed over."""

from pathlib import Path

import pytest

from local_stack.problem import LocalProblemError
from observe import __main__ as command
from observe import tools


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All there is on PATH; nothing was built before."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(tools, "_BUILT", tmp_path / "built")
    return folder


def a_program(folder: Path, name: str, version: str) -> Path:
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{name}, version {version} (branch: HEAD)'\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("tool", [tools.promtool, tools.prometheus, tools.otelcol])
def test_without_it_and_without_go_it_says_so(programs: Path, tool: object) -> None:
    """With the remedy."""
    assert callable(tool)
    with pytest.raises(LocalProblemError, match=r"neither .* nor Go on PATH: install"):
        tool()


def test_the_targets_fail_then(
    programs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, and a status other than 0: nothing passes in silence."""
    for name in ("test-rules", "test-collector"):
        monkeypatch.setattr("sys.argv", ["observe", name])
        assert command.main() == 1
        said = capsys.readouterr().err
        assert said.startswith(f"{name}: there is neither ")
        assert said.count("\n") == 1


def test_what_is_installed_serves(programs: Path) -> None:
    installed = a_program(programs, "promtool", "3.5.0")

    assert tools.promtool() == installed


def test_a_prometheus_of_old_does_not(programs: Path) -> None:
    """It would not take the checker's results."""
    a_program(programs, "prometheus", "2.42.0+ds")

    with pytest.raises(LocalProblemError, match="neither prometheus nor Go"):
        tools.prometheus()


def test_grafana_is_no_must(programs: Path) -> None:
    before = tools.grafana()
    installed = a_program(programs, "grafana", "13.0.0")

    assert (before, tools.grafana()) == (None, installed)
