"""Serves the page of `deploy/page`, and hands out tokens of the local stack for the asking.

For a machine's own use, and nothing else: whoever reaches it is whoever they say they are.
"""
