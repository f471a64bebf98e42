"""What every service needs and where no domain word appears."""
