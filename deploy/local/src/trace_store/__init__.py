"""Where traces of the local stack go: an OTLP/HTTP receiver, a SQLite file, a page to look at them.

It takes the place of a collector and a trace back end on a machine without Docker; a real
deployment points OTLP_ENDPOINT at its own.
"""
