"""The wallet subgraph: resolvers translate and guard; they decide nothing."""
