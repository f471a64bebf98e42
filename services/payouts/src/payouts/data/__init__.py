"""What a new system starts with."""
