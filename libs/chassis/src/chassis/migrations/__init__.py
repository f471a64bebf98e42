"""The tables behind the outbox and the consumers, the same in every service."""
