"""Receives spans over OTLP/HTTP, keeps them in SQLite and shows one gift as one trace."""
