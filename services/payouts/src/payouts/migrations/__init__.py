"""The schema of the payouts database, in numbered steps."""
