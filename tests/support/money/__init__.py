"""The three services' money in random histories, beside models that are written apart."""
