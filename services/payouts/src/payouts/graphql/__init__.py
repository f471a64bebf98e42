"""The payouts subgraph."""
