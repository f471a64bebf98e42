"""`make audit`: known vulnerabilities in what the locks pin, and whether anybody could be asked.

pip-audit says that it found none, too, when the index has no advisories to ask for: what it passed
over is counted here.
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from local_stack import paths
from local_stack.problem import LocalProblemError
from local_stack.setup import node_environment

_PIP_AUDIT: Final = "pip-audit==2.10.0"


class Finding(NamedTuple):
    """What is known of one lock."""

    lock: str
    vulnerable: Sequence[str]
    """Packages, each with what is known of it."""
    unasked: str | None
    """Why some or all of the packages could not be asked for; None if all were."""


def audit() -> int:
    """Audit every lock; returns 0 only if all could be asked for and nothing is known.

    Raises:
        LocalProblemError: uv is missing.
    """
    findings = [
        _python(),
        *(_node(folder) for folder in (paths.GATEWAY, paths.PAGE_SOURCE)),
    ]
    for finding in findings:
        print(described(finding))
    return 0 if all(not finding.vulnerable and not finding.unasked for finding in findings) else 1


def described(finding: Finding) -> str:
    """One line for people, and one more for each package."""
    if finding.unasked:
        summary = f"NOT AUDITED: {finding.unasked}; run it where the index also serves advisories"
    else:
        summary = f"{len(finding.vulnerable)} packages with known vulnerabilities"
    lines = [f"  {finding.lock}: {summary}"]
    lines += [f"    {package}" for package in finding.vulnerable]
    return "\n".join(lines)


def _python() -> Finding:
    uv = shutil.which("uv") or str(paths.LOCAL / "uv" / "bin" / "uv")
    if not Path(uv).exists():
        raise LocalProblemError("uv is missing: run make setup")
    lock = paths.REPOSITORY / "requirements.lock"
    with tempfile.TemporaryDirectory(prefix="largesse-") as folder:
        report = Path(folder) / "report.json"
        done = subprocess.run(
            [
                *(
                    uv,
                    "tool",
                    "run",
                    "--system-certs",
                    "--quiet",
                    "--from",
                    _PIP_AUDIT,
                    "pip-audit",
                ),
                *("--disable-pip", "--require-hashes", "--requirement", str(lock)),
                *("--format=json", f"--output={report}", "--progress-spinner=off"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if not report.exists() or not report.read_text().strip():
            reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1][:200]
            return Finding(lock.name, (), f"pip-audit got no advisories ({reason})")
        return python_finding(lock.name, json.loads(report.read_text()))


def python_finding(lock: str, report: Mapping[str, Any]) -> Finding:
    """What pip-audit's JSON says."""
    packages = report["dependencies"]
    passed_over = [package["name"] for package in packages if "skip_reason" in package]
    vulnerable = [
        f"{package['name']} {package['version']}: "
        + ", ".join(known["id"] for known in package["vulns"])
        for package in packages
        if package.get("vulns")
    ]
    unasked = None
    if passed_over:
        unasked = f"the index has no advisories of {len(passed_over)} of {len(packages)} packages"
    elif not packages:
        unasked = "pip-audit read no packages"
    return Finding(lock, vulnerable, unasked)


def _node(folder: Path) -> Finding:
    done = subprocess.run(
        [*paths.npm(), "audit", "--json", f"--prefix={folder}"],
        env=node_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    lock = str((folder / "package-lock.json").relative_to(paths.REPOSITORY))
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return Finding(lock, (), f"npm said no JSON ({done.stderr.strip()[-200:]})")
    return node_finding(lock, report)


def node_finding(lock: str, report: Mapping[str, Any]) -> Finding:
    """What `npm audit --json` says."""
    if "vulnerabilities" not in report:
        said = report.get("message") or report.get("error") or "no reason"
        return Finding(lock, (), f"npm got no advisories ({said})")
    vulnerable = [
        f"{name} {known['range']}: {known['severity']}"
        for name, known in report["vulnerabilities"].items()
    ]
    return Finding(lock, vulnerable, None)
