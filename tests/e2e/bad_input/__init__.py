"""What cannot be: every document answers it with a stable code, and nothing changes."""
