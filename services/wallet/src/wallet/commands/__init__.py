"""What the wallet does, one file per command. Each runs in the transaction that it is given."""
