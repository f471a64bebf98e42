"""For tests and benchmarks: a second opinion on what the ledger did."""
