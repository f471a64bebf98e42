"""The sandbox payment provider: its own process, with a checkout page and signed webhooks."""
