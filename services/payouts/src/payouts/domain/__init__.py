"""What creators earn, when it matures and how it leaves; no input or output."""
