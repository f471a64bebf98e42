"""What the service does with events."""
