"""What docs/proof.md names is there."""

import re

from support.source import REPOSITORY, missing_tests

ROW = re.compile(r"^\| [^|]+ \| [^|]+ \| `([^`]+)::(\w+)` \|$", re.MULTILINE)


def test_every_promise_has_its_test() -> None:
    """A test that was renamed takes its row along."""
    text = (REPOSITORY / "docs" / "proof.md").read_text()
    rows = ROW.findall(text)

    assert missing_tests(rows) == []
    assert len(rows) == text.count("::")
