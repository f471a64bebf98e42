"""What every image promises, as far as a Dockerfile tells; `make test-images` shows the rest."""

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from local_stack.images import IMAGES
from local_stack.paths import DOCKER, REPOSITORY

DOCKERFILES = sorted(file.name for file in DOCKER.glob("*.Dockerfile"))
_LABELS = {"title", "description", "version", "revision", "created", "base.name"}


class Instruction(NamedTuple):
    word: str
    text: str


def instructions(name: str) -> list[Instruction]:
    """The instructions of a Dockerfile, each on one line, without comments."""
    lines = [
        line
        for line in (DOCKER / name).read_text().splitlines()
        if not line.lstrip().startswith("#")
    ]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    parts = [line.partition(" ") for line in whole.splitlines() if line.strip()]
    return [Instruction(word, text.strip()) for word, _, text in parts]


def last_stage(name: str) -> list[Instruction]:
    """What the image is made by, its base and what is copied into it aside."""
    found = instructions(name)
    begins = max(index for index, each in enumerate(found) if each.word == "FROM")
    return found[begins:]


def texts(found: list[Instruction], word: str) -> list[str]:
    return [each.text for each in found if each.word == word]


def test_every_image_has_a_dockerfile() -> None:
    assert {image.dockerfile for image in IMAGES.values()} == set(DOCKERFILES)
    services = {folder.name for folder in (REPOSITORY / "services").iterdir() if folder.is_dir()}
    built = {Path(image.arguments.get("SERVICE", "services/gateway")) for image in IMAGES.values()}
    assert {folder.name for folder in built if folder.parent.name == "services"} == services


@pytest.mark.parametrize("name", DOCKERFILES)
def test_bases_are_arguments_pinned_by_digest(name: str) -> None:
    """A tag is moved; what a digest names is what was looked at."""
    found = instructions(name)
    first = next(index for index, each in enumerate(found) if each.word == "FROM")
    defaults = dict(text.split("=", 1) for text in texts(found[:first], "ARG"))
    assert defaults
    for value in defaults.values():
        assert re.fullmatch(r"[a-z]+:[\w.-]+@sha256:[0-9a-f]{64}", value), value
    bases = {re.sub(r" AS \w+$", "", text) for text in texts(found, "FROM")}
    assert bases == {f"${{{argument}}}" for argument in defaults}


@pytest.mark.parametrize("name", DOCKERFILES)
def test_runs_as_a_number_that_is_not_root(name: str) -> None:
    """Kubernetes' runAsNonRoot takes no names; files in volumes belong to a number."""
    assert texts(last_stage(name), "USER") == ["10001:10001"]


@pytest.mark.parametrize("name", DOCKERFILES)
def test_the_last_stage_needs_no_shell(name: str) -> None:
    stage = last_stage(name)
    assert texts(stage, "RUN") == []
    assert texts(stage, "SHELL") == []
    commands = [*texts(stage, "ENTRYPOINT"), *texts(stage, "CMD")]
    assert len(texts(stage, "ENTRYPOINT")) == 1
    for command in commands:
        first, *_ = json.loads(command)
        assert first


@pytest.mark.parametrize("name", DOCKERFILES)
def test_health_is_asked_by_kubernetes(name: str) -> None:
    assert texts(instructions(name), "HEALTHCHECK") == []


@pytest.mark.parametrize("name", DOCKERFILES)
def test_nothing_comes_from_the_net_but_locked_packages(name: str) -> None:
    found = instructions(name)
    assert texts(found, "ADD") == []
    assert all("--from=" not in text or "--from=build " in text for text in texts(found, "COPY"))
    for command in texts(found, "RUN"):
        assert not re.search(r"\b(curl|wget|apt-get|git) |https?:", command), command
        if re.search(r"\bpip install .*--requirement|\bpip sync\b", command):
            assert "--require-hashes" in command
        if "npm" in command:
            assert "npm ci " in command
            assert "--ignore-scripts" in command


@pytest.mark.parametrize("name", DOCKERFILES)
def test_no_secret_is_in_a_layer(name: str) -> None:
    """Addresses of registries often hold a password: they are secrets of the build alone."""
    found = instructions(name)
    named = " ".join([*texts(found, "ARG"), *texts(found, "ENV")]).upper()
    assert not re.search(r"TOKEN|PASSWORD|SECRET|INDEX_URL|REGISTRY|PROXY|_CERT", named)
    for command in texts(found, "RUN"):
        if "with_registries.sh" in command:
            assert "--mount=type=secret,id=registries" in command
            assert "--mount=type=secret,id=ca-certificates" in command


@pytest.mark.parametrize("name", DOCKERFILES)
def test_labels_say_what_it_is(name: str) -> None:
    (labels,) = texts(last_stage(name), "LABEL")
    assert set(re.findall(r"org\.opencontainers\.image\.([\w.]+)=", labels)) == _LABELS


def test_bytecode_is_compiled_in_the_build() -> None:
    build = instructions("python.Dockerfile")
    assert any("-m compileall" in command for command in texts(build, "RUN"))
    (environment,) = texts(last_stage("python.Dockerfile"), "ENV")
    assert "PYTHONDONTWRITEBYTECODE=1" in environment
    assert "PYTHONPYCACHEPREFIX=/app/bytecode" in environment


def let_in() -> list[str]:
    """What .dockerignore lets into a build."""
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*", "it forbids everything first"
    return [rule.removeprefix("!") for rule in rules if rule.startswith("!")]


def test_what_is_let_in_is_source_that_is_there() -> None:
    missing = [path for path in let_in() if not (REPOSITORY / path).exists()]
    assert missing == []
    assert not [path for path in let_in() if "*" in path or "test" in path]


@pytest.mark.parametrize("image", IMAGES)
def test_what_is_copied_is_let_in(image: str) -> None:
    """And what is let in is copied into some image: the test after this one."""
    assert copied(image) - set(let_in()) == set()


def test_what_is_let_in_is_copied() -> None:
    assert set(let_in()) - set[str]().union(*map(copied, IMAGES)) == set()


def copied(image: str) -> set[str]:
    """What an image's Dockerfile copies from the repository."""
    built = IMAGES[image]
    sources: set[str] = set()
    for text in texts(instructions(built.dockerfile), "COPY"):
        if "--from=" not in text:
            sources.update(text.split()[:-1])
    return {source.replace("${SERVICE}", built.arguments.get("SERVICE", "")) for source in sources}
