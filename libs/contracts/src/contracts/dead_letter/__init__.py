"""Records that no consumer could apply, whichever service met them."""
