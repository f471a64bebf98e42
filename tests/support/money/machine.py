"""The whole machine: all rules, and all that must hold."""

from support.money.books import Books
from support.money.moving import Moving
from support.money.stories import Stories


class MoneyMachine(Moving, Stories, Books):
    """Random money through the three services' real handlers."""
