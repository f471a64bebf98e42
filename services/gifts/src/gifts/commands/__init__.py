"""What the service can be told to do. Commands take an open transaction and cannot commit."""
