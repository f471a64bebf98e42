"""The payouts subgraph: resolvers translate and guard; they decide nothing."""
