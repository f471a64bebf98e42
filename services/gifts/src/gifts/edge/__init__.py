"""What an api process keeps between requests: the catalogue, the writer, who waits for what.

And what a worker does by the clock.
"""
