"""Gifts: the catalogue, sending, settling and histories."""
