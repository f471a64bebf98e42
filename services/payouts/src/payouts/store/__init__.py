"""Statements on the payouts database, one function each."""
