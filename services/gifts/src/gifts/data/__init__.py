"""What the service starts with."""
