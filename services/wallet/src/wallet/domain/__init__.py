"""The rules of coins. No input, no output, no clock: all that decides is handed in."""
