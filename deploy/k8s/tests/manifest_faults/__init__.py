"""Faults to be planted in what is rendered, by the check that is to find them."""
