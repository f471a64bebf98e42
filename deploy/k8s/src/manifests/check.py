"""`make manifests`: everything that can be said of the manifests without a cluster."""

from collections.abc import Callable, Iterator
from typing import Final

from manifests.checks.network import check_network
from manifests.checks.policy import RULES
from manifests.checks.references import check_references
from manifests.checks.schemas import check_schemas, versions
from manifests.checks.settings import check_completeness, check_settings
from manifests.checks.streams import check_streams
from manifests.generated import outdated
from manifests.objects import Objects, parse, render
from manifests.paths import overlay_names

COMPLETE: Final = "production"
"""The overlay that says everything."""


def check() -> int:
    """Render and check every overlay, print what is wrong, and return the exit status."""
    problems = [
        f"{path}: is not what it is made from: run make manifests-generated" for path in outdated()
    ]
    for name in overlay_names():
        objects = parse(render(name))
        found = list(problems_of(name, objects))
        print(f"overlays/{name}: {len(objects)} objects, {len(found)} problems")
        problems += [f"overlays/{name}: {problem}" for problem in found]
    print(f"schemas: Kubernetes {', '.join(versions())}, and the operators' CRDs")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def problems_of(name: str, objects: Objects) -> Iterator[str]:
    """All that is wrong with an overlay."""
    checks: list[Callable[[Objects], Iterator[str]]] = [
        check_schemas,
        check_references,
        check_settings,
        *RULES,
        check_network,
        check_streams,
    ]
    if name == COMPLETE:
        checks.append(check_completeness)
    for each in checks:
        yield from each(objects)
