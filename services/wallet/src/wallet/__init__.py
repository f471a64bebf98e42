"""Coins: accounts, lots, the ledger, bundles and purchases."""
