"""Numbered SQL files; the chassis applies them in order."""
