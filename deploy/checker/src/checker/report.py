"""What the checker found, for people and for programs."""

from collections.abc import Sequence

import msgspec

_HEAD = ("invariant", "of", "what must hold", "compared", "wrong", "verdict")


class Finding(msgspec.Struct, frozen=True):
    """One thing that must hold, and how much of it does."""

    invariant: str
    """Such as INV3, or `limits`, `drained` and `letters` for what is no invariant of the ledger."""
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

    def to_json(self) -> bytes:
        """For programs: `{"books": "clean" | "breach", "took_s": …, "findings": […]}`."""
        return msgspec.json.format(
            msgspec.json.encode(
                {
                    "books": "clean" if self.clean else "breach",
                    "took_s": round(self.took_s, 3),
                    "findings": [
                        {"verdict": finding.verdict.lower()} | msgspec.to_builtins(finding)
                        for finding in self.findings
                    ],
                }
            )
        )

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
        lines = [_table(rows)]
        for finding in self.findings:
            if finding.wrong:
                lines += ["", f"{finding.invariant} {finding.of}: {finding.holds}"]
                lines += [f"  wrong: {example}" for example in finding.examples]
        skipped = {finding.skipped for finding in self.findings if finding.skipped is not None}
        lines += [f"\nskipped: {reason}" for reason in sorted(skipped)]
        lines += ["", f"books: {'clean' if self.clean else 'BREACH'} ({self.took_s:.1f} s)"]
        return "\n".join(lines)


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(_HEAD, *rows, strict=True)]
    numbers = {_HEAD.index("compared"), _HEAD.index("wrong")}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (_HEAD, tuple("-" * width for width in widths), *rows)
    )
