"""Where payment providers tell us what became of payments."""
