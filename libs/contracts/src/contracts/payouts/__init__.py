"""Events that the payouts service publishes."""
