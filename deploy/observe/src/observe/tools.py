"""Programs that are not Python's: taken from PATH, else built from their sources with Go, once."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from local_stack.paths import LOCAL
from local_stack.problem import LocalProblemError
from observe import places

_PROMETHEUS: Final = "v0.316.0"
"""As a Go module, that is Prometheus 3.16."""
_COLLECTOR: Final = "v0.165.0"
"""The builder's; the collector's own is in deploy/otel/builder.yaml."""

_BUILT: Final = LOCAL / "go-tools"


def promtool() -> Path:
    """Tests rules."""
    return _prometheus("promtool")


def prometheus() -> Path:
    """The server."""
    return _prometheus("prometheus")


def otelcol() -> Path:
    """A collector of just what deploy/otel/builder.yaml names."""
    built = _BUILT / f"otelcol-{_COLLECTOR}"
    if not built.exists():
        builder = _installed("builder", f"go.opentelemetry.io/collector/cmd/builder@{_COLLECTOR}")
        with tempfile.TemporaryDirectory(prefix="otelcol-") as folder:
            _run(
                str(builder),
                *("--config", str(places.OTEL / "builder.yaml"), "--skip-compilation"),
                *("--output-path", folder),
                folder=places.OTEL,
            )
            _run(_go(), "build", "-trimpath", "-o", str(built), ".", folder=Path(folder))
    return built


def grafana() -> Path | None:
    """The server, where the machine has it: it is made of more than Go can build."""
    found = shutil.which("grafana")
    return None if found is None else Path(found)


def _prometheus(name: str) -> Path:
    found = shutil.which(name)
    if found is not None and _is_new_enough(found):
        return Path(found)
    # Without the discovery of clouds' machines, which is nine tenths of the time to build it.
    source = f"github.com/prometheus/prometheus/cmd/{name}@{_PROMETHEUS}"
    return _installed(name, source, "-tags", "remove_all_sd")


def _is_new_enough(program: str) -> bool:
    """Whether it is of Prometheus 3: what came before takes no results by OTLP."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    told = re.search(r"version (\d+)\.", done.stdout + done.stderr)
    return told is not None and int(told[1]) >= 3


def _installed(name: str, source: str, *flags: str) -> Path:
    version = source.rpartition("@")[2]
    built = _BUILT / f"{name}-{version}"
    if not built.exists():
        go = _go(name)
        print(f"building {name} {version} with Go: minutes, once", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="go-tools-") as folder:
            _run("env", f"GOBIN={folder}", go, "install", *flags, source, folder=Path(folder))
            _BUILT.mkdir(parents=True, exist_ok=True)
            shutil.move(Path(folder, name), built)
    return built


def _go(wanted: str = "otelcol") -> str:
    found = shutil.which("go")
    if found is None:
        raise LocalProblemError(
            f"there is neither {wanted} nor Go on PATH: install {wanted} from its project's"
            " releases, or Go from go.dev, which builds it here"
        )
    return found


def _run(*command: str, folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, check=False)
    if done.returncode:
        raise LocalProblemError(f"{' '.join(command)} failed: see above")
