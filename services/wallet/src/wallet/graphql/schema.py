"""The schema of the wallet subgraph; `python -m wallet schema` prints it."""

from chassis.graphql import schema
from wallet.graphql.mutation import Mutation
from wallet.graphql.query import Query

SCHEMA = schema(query=Query, mutation=Mutation)
