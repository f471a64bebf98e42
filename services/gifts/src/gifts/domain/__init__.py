"""The rules, without I/O: what may be sent, at which price, and what became of it."""
