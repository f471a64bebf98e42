"""The whole machine: all rules, and all that must hold."""

from support.money.books import Books
from support.money.moving import Moving
from support.money.paying_out import PayingOut
from support.money.taking_back import TakingBack


class MoneyMachine(Moving, TakingBack, PayingOut, Books):
    """Random money through the three services' real handlers."""
