"""Events that the wallet service publishes."""
