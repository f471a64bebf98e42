"""The versions of the reversal policy: a file that this program comes with, not a table.

Who bears a loss is decided by people who review a change of that file; a version that was in force
is never edited, and every reversal names the one that it was booked under.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import msgspec

from wallet.domain.reversal_policy import ReversalPolicy, check_policies


@cache
def published_policies() -> Sequence[ReversalPolicy]:
    """The versions that this program came with, checked."""
    text = files("wallet.data").joinpath("reversal_policy.json").read_bytes()
    policies = msgspec.json.decode(text, type=list[ReversalPolicy])
    check_policies(policies)
    return policies
