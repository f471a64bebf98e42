"""What `seed` loads."""
