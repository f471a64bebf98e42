"""The daily job: checks the books, says what the house owes, and what has waited for too long.

`python -m checker.daily`. docs/runbooks/daily.md says what each line means and what to do.
"""
