"""`make sbom`: what is in each image, of the system, of Python and of Node, as CycloneDX."""

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Final

from local_stack import docker, paths
from local_stack.images import IMAGES, reference, size_bytes
from local_stack.problem import LocalProblemError

FOLDER: Final = paths.LOCAL / "sbom"


def write() -> None:
    """Write one document per image into FOLDER, and say what each lists.

    Raises:
        LocalProblemError: The engine, an image or syft is missing, or syft failed.
    """
    docker.require()
    syft = shutil.which("syft")
    if syft is None:
        raise LocalProblemError(
            "syft, which lists what is in an image, is not on PATH: install it (in Go:"
            " github.com/anchore/syft/cmd/syft)"
        )
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in IMAGES:
        size_bytes(name)
        file = FOLDER / f"{name}.cdx.json"
        done = subprocess.run(
            [
                *(syft, "scan", f"docker:{reference(name)}", "--quiet"),
                *("--source-name", name, "--output", f"cyclonedx-json={file}"),
            ],
            env=docker.environment() | {"SYFT_CHECK_FOR_APP_UPDATE": "false"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise LocalProblemError(
                f"syft could not read {reference(name)} ({done.stderr.strip()[-300:]}):"
                " check that this syft reads images of the engine that answers"
            )
        listed = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds(file).items()))
        print(f"  {file.relative_to(paths.REPOSITORY)}: {listed}")


def kinds(file: Path) -> Counter[str]:
    """How many packages of each kind (deb, pypi, npm) a document lists."""
    components = json.loads(file.read_text()).get("components", [])
    return Counter(
        purl.partition("/")[0].removeprefix("pkg:")
        for component in components
        if (purl := component.get("purl"))
    )
