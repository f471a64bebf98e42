"""What a load takes, from what was measured: docs/capacity.md."""
