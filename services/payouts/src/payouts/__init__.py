"""What creators are owed: rates, accruals and earnings."""
