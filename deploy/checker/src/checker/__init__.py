"""The invariant checker: proves the books over the three databases and the topics.

`await check(addresses)` for programs, `python -m checker` for people.
"""

from checker.check import Addresses, UnreadableBooksError, check
from checker.report import Finding, Report

__all__ = ["Addresses", "Finding", "Report", "UnreadableBooksError", "check"]
