"""What is owed to app stores, and done by the worker."""
