"""What the service does with other services' events."""
