"""What creators earn and when it matures; no input or output."""
