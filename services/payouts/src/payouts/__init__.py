"""What creators are owed and paid: rates, accruals, earnings and payouts."""
