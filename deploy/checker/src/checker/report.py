"""What the checker found, for people and for programs."""

import msgspec

from checker.tables import table

_HEAD = ("invariant", "of", "what must hold", "compared", "wrong", "verdict")


class Finding(msgspec.Struct, frozen=True):
    """One thing that must hold, and how much of it does."""

    invariant: str
    """Such as INV3, or `limits`, `holds`, `drained` and `letters` for what is no invariant of the
    ledger, and `liability` for figures of the daily report that are not the ledger's."""
    of: str
    """The service or services whose books it is about."""
    holds: str
    """What must hold, in words."""
    compared: int = 0
    wrong: int = 0
    examples: tuple[str, ...] = ()
    """A few of the wrong ones."""
    skipped: str | None = None
    """Why it could not be looked at."""

    @property
    def verdict(self) -> str:
        """`clean`, `BREACH` or `skipped`."""
        if self.skipped is not None:
            return "skipped"
        return "BREACH" if self.wrong else "clean"


class Report(msgspec.Struct, frozen=True):
    """All findings of one run."""

    findings: tuple[Finding, ...]
    took_s: float

    @property
    def clean(self) -> bool:
        """Whether no invariant is broken. What was skipped for want of calm is not clean either:
        the finding `drained` says so."""
        return not any(finding.wrong for finding in self.findings)

    def to_builtins(self) -> dict[str, object]:
        """For programs: `{"books": "clean" | "breach", "took_s": …, "findings": […]}`."""
        return {
            "books": "clean" if self.clean else "breach",
            "took_s": round(self.took_s, 3),
            "findings": [
                {"verdict": finding.verdict.lower()} | msgspec.to_builtins(finding)
                for finding in self.findings
            ],
        }

    def to_json(self) -> bytes:
        """The same as text."""
        return msgspec.json.format(msgspec.json.encode(self.to_builtins()))

    def in_words(self) -> str:
        """For people: a table, examples of what is wrong, and the verdict in the last line."""
        rows = [
            (
                finding.invariant,
                finding.of,
                finding.holds,
                f"{finding.compared:,}",
                f"{finding.wrong:,}",
                finding.verdict,
            )
            for finding in self.findings
        ]
        lines = [table(_HEAD, rows, right={"compared", "wrong"})]
        for finding in self.findings:
            if finding.wrong:
                lines += ["", f"{finding.invariant} {finding.of}: {finding.holds}"]
                lines += [f"  wrong: {example}" for example in finding.examples]
        skipped = {finding.skipped for finding in self.findings if finding.skipped is not None}
        lines += [f"\nskipped: {reason}" for reason in sorted(skipped)]
        lines += ["", f"books: {'clean' if self.clean else 'BREACH'} ({self.took_s:.1f} s)"]
        return "\n".join(lines)
