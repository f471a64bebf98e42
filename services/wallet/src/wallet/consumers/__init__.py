"""What the wallet makes of events; a file per event."""
