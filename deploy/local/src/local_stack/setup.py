"""The parts of set-up that are not Python packages: Kafka's jars, Node packages, the page.

`setup.sh` has made the virtual environment before this runs. Each part is done again only when the
files it is made from have changed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from local_stack import paths
from local_stack.problem import LocalProblemError
from local_stack.truststore import java_trust_options


def set_up() -> None:
    """Bring the Kafka jars, Node packages and the built page to what the repository asks for.

    Raises:
        LocalProblemError: A tool is missing or a download failed.
    """
    _once("kafka", [paths.KAFKA_POM], paths.KAFKA_JARS, _copy_kafka_jars)
    for name, folder in {"gateway": paths.GATEWAY, "page": paths.PAGE_SOURCE}.items():
        install = partial(_install_node_packages, name, folder)
        _once(name, [folder / "package-lock.json"], folder / "node_modules", install)
    _once("page-build", _page_sources(), paths.PAGE / "index.html", _build_page)


def _page_sources() -> list[Path]:
    """What the page is made from."""
    single = ("index.html", "package-lock.json", "tsconfig.json", "vite.config.ts")
    folders = (paths.PAGE_SOURCE / "src", paths.PAGE_SOURCE / "public")
    found = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return [*(paths.PAGE_SOURCE / name for name in single), *sorted(found)]


def _once(name: str, sources: list[Path], result: Path, work: Callable[[], None]) -> None:
    """Do `work` unless `result` is there and was made from the same content of `sources`."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    stamp = paths.SETUP / f"{name}.stamp"
    if result.exists() and stamp.exists() and stamp.read_text() == digest:
        return
    stamp.unlink(missing_ok=True)
    work()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest)


def _copy_kafka_jars() -> None:
    print("setup: fetching Kafka's jars into .local/kafka", file=sys.stderr)
    copy_jars(paths.KAFKA_POM, paths.KAFKA_JARS, "Kafka's jars")


def copy_jars(pom: Path, folder: Path, what: str) -> None:
    """Have Maven copy the dependencies of a pom into a folder, which holds nothing else after that.

    Raises:
        LocalProblemError: There is no Maven, or it failed; the message names `what` was wanted.
    """
    maven = paths.program_on_path("mvn")
    if maven is None:
        raise LocalProblemError(
            f"mvn is not on PATH and {what} come by it: install Maven"
            " (Debian: apt-get install maven; macOS: brew install maven)"
        )
    shutil.rmtree(folder, ignore_errors=True)
    environment = dict(os.environ)
    options = java_trust_options(paths.SETUP / "java-truststore.p12")
    environment["MAVEN_OPTS"] = " ".join([environment.get("MAVEN_OPTS", ""), *options]).strip()
    if paths.program_on_path("java") is None:
        environment.setdefault("JAVA_HOME", str(paths.java().parents[1]))
    _run(
        [
            str(maven),
            "--quiet",
            "--batch-mode",
            f"--file={pom}",
            "dependency:copy-dependencies",
            f"-DoutputDirectory={folder}",
        ],
        environment,
        f"Maven could not fetch {what}",
    )


def node_environment() -> dict[str, str]:
    """What the lock's npm needs to run."""
    # npm starts `node` by name; it must be the one of the lock.
    path = f"{paths.node().parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return dict(os.environ) | {"NODE_USE_SYSTEM_CA": "1", "PATH": path}


def _install_node_packages(name: str, folder: Path) -> None:
    print(f"setup: installing the {name}'s packages with npm", file=sys.stderr)
    _run(
        [
            *paths.npm(),
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            f"--prefix={folder}",
        ],
        node_environment(),
        f"npm could not install the {name}'s packages",
    )


def _build_page() -> None:
    print("setup: building the page into .local/page", file=sys.stderr)
    vite = paths.PAGE_SOURCE / "node_modules" / "vite" / "bin" / "vite.js"
    _run(
        [
            *(str(paths.node()), str(vite), "build", str(paths.PAGE_SOURCE)),
            *(f"--outDir={paths.PAGE}", "--emptyOutDir", "--logLevel=warn"),
        ],
        node_environment(),
        "vite could not build the page",
    )


def _run(command: list[str], environment: dict[str, str], failure: str) -> None:
    done = subprocess.run(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        print(done.stdout.rstrip(), file=sys.stderr)
        raise LocalProblemError(
            f"{failure} (see above): put that right (the network?), then run make setup again"
        )
