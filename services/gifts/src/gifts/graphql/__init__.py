"""The gifts subgraph: resolvers translate and guard; they decide nothing."""
