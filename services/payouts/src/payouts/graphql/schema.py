"""The schema of the payouts subgraph; `python -m payouts schema` prints it."""

from chassis.graphql import schema
from payouts.graphql.query import Query

SCHEMA = schema(query=Query)
