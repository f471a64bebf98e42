"""Events between services: structs, topics, keys, schemas and examples."""
