"""Who sees what: one route for each way into the schema, and one row for each decision on it.

A document covers everything that can be reached on its route. A row says what each caller gets at
one place; at every place without a row a caller gets what they get at the place above. The test
fails when a field of the schema is on no route.
"""

from typing import Final

from support.authorisation import gifts, payouts, people, rooms, taxes, wallet
from support.authorisation.feeds import FEEDS
from support.authorisation.table import CALLERS, Outcome, Route, Row

__all__ = ["CALLERS", "FEEDS", "ROUTES", "Outcome", "Route", "Row"]

ROUTES: Final = (
    *people.ROUTES,
    *wallet.ROUTES,
    *gifts.ROUTES,
    *rooms.ROUTES,
    *payouts.ROUTES,
    *taxes.ROUTES,
)
