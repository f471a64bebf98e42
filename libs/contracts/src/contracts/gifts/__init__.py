"""Events that the gifts service publishes."""
