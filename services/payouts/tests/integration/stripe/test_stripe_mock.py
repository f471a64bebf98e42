"""Against Stripe's own mock, which refuses what Stripe's published API does not know.

It holds no state, so that nothing that was ordered is found again: what is shown here is that every
request and every answer is of the form that Stripe has. The rest is in the tests beside this one.
"""

from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest

from chassis.auth import Viewer
from chassis.graphql import Executor, Operation
from chassis.ids import uuid7
from chassis.testing.databases import Database
from local_stack.operations import documents
from payouts.commands.known_rates import KnownRates
from payouts.domain.method import BankDetails
from payouts.graphql.context import PayoutsContext
from payouts.graphql.schema import SCHEMA
from payouts.rails import RailUnavailableError
from payouts.rails.stripe_accounts import NAME, StripeAccounts
from payouts.rails.stripe_api import StripeApi, Transfer
from payouts.rails.stripe_connect import StripeConnect
from payouts.testing.paying import CREATOR, LINKS, NOW, SEALER
from support import stripe_mock

pytestmark = [
    pytest.mark.timeout(stripe_mock.BUILD_AND_TEST_S),
    # The library hands its form to httpx under a name that httpx would rather not see.
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),
]

ACCOUNT = "acct_1032D82eZvKYlo2C"
A_TRANSFER = Transfer(
    id="tr_1", amount=965, amount_reversed=0, currency="usd", created=1, destination=ACCOUNT
)


@pytest.fixture(scope="module")
def api_url() -> Generator[str]:
    """Of a stripe-mock."""
    with stripe_mock.running() as url:
        yield url


@pytest.fixture
async def api(api_url: str) -> AsyncGenerator[StripeApi]:
    made = StripeApi(api_key="sk_test_1", api_url=api_url)
    yield made
    await made.close()


@pytest.fixture
def host(api: StripeApi) -> StripeAccounts:
    return StripeAccounts(
        api, return_url="https://app.example/back", refresh_url="https://app.example/again"
    )


async def test_account_is_opened_and_its_owner_sent_there(host: StripeAccounts) -> None:
    """Every field that we send is one that Stripe knows, of the type that it has there."""
    account_id = await host.open_account(uuid7(), country="US", currency="USD")
    page = await host.onboarding(account_id)
    status = await host.status(account_id)

    assert account_id.startswith("acct_")
    assert page.url.startswith("https://")
    assert status.currency == "USD"


async def test_every_step_of_an_order_is_one_that_stripe_knows(api: StripeApi) -> None:
    """Transfer, payout from the connected account, and the way back."""
    transfer = await api.create_transfer(
        "payout-1", 965, "USD", ACCOUNT, idempotency_key="payout-1-transfer-0"
    )
    payout = await api.create_payout("payout-1", A_TRANSFER, idempotency_key="payout-1-payout-0")
    await api.take_back("payout-1", A_TRANSFER, idempotency_key="payout-1-reversal-0")

    assert (transfer.id[:3], payout.id[:3]) == ("tr_", "po_")
    assert [each.id[:3] async for each in api.transfers("payout-1")] == ["tr_"]
    assert [each.id[:3] async for each in api.payouts(ACCOUNT, since_s=1)] == ["po_"]


async def test_rail_asks_and_reports(api: StripeApi, database: Database) -> None:
    """The mock's only transfer is another order's, and it says so."""
    rail = StripeConnect(api, database.pool, now=lambda: NOW)
    details = BankDetails(holder="", country="US", currency="USD", account=ACCOUNT)

    assert await rail.has("payout-1")
    assert (await rail.check_account(details)).is_known in (True, False)
    assert await rail.changes(0, limit=10) == []
    assert await rail.report() != []


async def test_key_that_stripe_does_not_know(api_url: str) -> None:
    """What is refused for our key's sake is an outage, and no order's fault."""
    api = StripeApi(api_key="no key of Stripe's", api_url=api_url)

    with pytest.raises(RailUnavailableError):
        await api.account(ACCOUNT)

    await api.close()


async def test_a_creator_adds_a_method(database: Database, host: StripeAccounts) -> None:
    """From the mutation to Stripe and back."""
    context = PayoutsContext.of(
        Viewer(CREATOR, frozenset({"creator"})),
        "request-1",
        pool=database.pool,
        rates=KnownRates(),
        sealer=SEALER,
        links=LINKS,
        hosts={NAME: host},
        now=lambda: NOW,
    )
    given = {"methodId": str(uuid7()), "rail": NAME}
    given |= {"hosted": {"country": "US", "currency": "USD"}}

    body: Any = await Executor(SCHEMA).run(
        Operation(documents()["AddPayoutMethod"], {"input": given}), context
    )

    assert body["data"]["addPayoutMethod"]["method"]["status"] == "PENDING"
