"""The invariant checker over the databases and the topics."""
