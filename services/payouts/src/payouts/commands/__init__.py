"""What the service does; each runs in a transaction that its caller opened."""
