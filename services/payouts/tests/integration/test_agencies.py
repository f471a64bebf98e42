"""What agencies get of payouts, when it is theirs, and how they are paid (C47)."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import asyncpg
import msgspec
import pytest

from chassis.db import transact
from chassis.ids import uuid7
from chassis.testing.databases import Database
from chassis.testing.eventually import eventually
from payouts.commands.request_commission_payout import request_commission_payout
from payouts.domain.agency import ContractStatus
from payouts.domain.method import PayoutMethod
from payouts.domain.payout import CommissionOrder, Payout, PayoutSource, PayoutStatus
from payouts.domain.refusals import (
    AgencyContractDecidedError,
    AgencyContractUnknownError,
    AgencySharesExceededError,
    CommissionAmountInvalidError,
    CommissionBelowMinimumError,
    IdempotencyConflictError,
    IdentityNotVerifiedError,
    InsufficientCommissionsError,
    MethodUnavailableError,
    PayoutLimitReachedError,
)
from payouts.domain.review import Decision
from payouts.store.commissions import select_by_creator, select_of_payouts
from payouts.store.payouts import find_payout
from payouts.testing import assert_books_balance
from payouts.testing.agreeing import (
    AGENCY,
    HOLD,
    PATHS,
    agree,
    answer,
    assert_commissions_balance,
    balances,
    collect,
    end,
    moved,
    propose,
)
from payouts.testing.paying import (
    CREATOR,
    NOW,
    add_method,
    assert_payouts_balance,
    earn,
    request,
    review,
    settled_creator,
    some_details,
)
from payouts.testing.taxing import assert_withholding_balances, withhold

HUNDRED_DOLLARS = 20_000_000_000
DAY = timedelta(days=1)
WAITS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.fixture
async def agreed(database: Database) -> AsyncGenerator[Database]:
    """All books balance afterwards."""
    yield database
    await assert_books_balance(database.pool)
    await assert_payouts_balance(database.pool)
    await assert_commissions_balance(database.pool)
    await assert_withholding_balances(database.pool)


@pytest.fixture
async def method(agreed: Database) -> PayoutMethod:
    """Of a creator with 500 dollars, of whom the agency gets a fifth."""
    await agree(agreed.pool, 2_000)
    return await settled_creator(agreed.pool, 200_000)


async def agency_method(database: Database, **details: str) -> PayoutMethod:
    """Of a verified agency."""
    await review(database.pool, creator_id=AGENCY)
    return await add_method(database.pool, some_details(**details), creator_id=AGENCY)


async def paid(database: Database, method: PayoutMethod) -> Payout:
    """A hundred dollars."""
    payout = (await request(database.pool, method, HUNDRED_DOLLARS)).payout
    return await moved(database.pool, payout, *PATHS["PAID"])


async def owed(database: Database, agency_id: str = AGENCY) -> list[tuple[int, int]]:
    """Available and pending, when what was paid first has waited long enough."""
    return [
        (each.available_minor, each.pending_minor)
        for each in await balances(database.pool, agency_id=agency_id)
    ]


async def test_a_payout_is_split_and_its_agencies_earn_when_it_is_paid(
    agreed: Database, method: PayoutMethod
) -> None:
    """The creator's part and all commissions are the gross amount, and nobody waits for nothing."""
    await agree(agreed.pool, 333, agency_id="second")
    await agree(agreed.pool, 1, agency_id="third")
    payout = (await request(agreed.pool, method, 20_002_000_000)).payout
    before = await owed(agreed)
    payout = await moved(agreed.pool, payout, *PATHS["PAID"])

    async with agreed.pool.acquire() as conn:
        split = (await select_of_payouts(conn, [payout.payout_id]))[payout.payout_id]
        by_creator = await select_by_creator(conn, AGENCY)
    assert [(each.agency_id, each.amount_minor) for each in split] == [
        (AGENCY, 2_000),
        ("second", 333),
        ("third", 1),
    ]
    assert (payout.gross_minor, payout.commission_minor, payout.own_minor) == (10_001, 2_334, 7_667)
    assert payout.net_minor == 7_667 - 25 - 76
    assert before == []
    assert [tuple(each) for each in by_creator] == [(CREATOR, "USD", 2_000)]
    just_before = NOW + HOLD - timedelta(microseconds=1)
    assert [tuple(each) for each in await balances(agreed.pool, at=just_before)] == [
        ("USD", 0, 2_000)
    ]
    assert await owed(agreed) == [(2_000, 0)]
    assert await owed(agreed, "third") == [(1, 0)]


@pytest.mark.parametrize("path", ["CANCELED", "FAILED", "RETURNED"])
async def test_a_payout_that_does_not_arrive_earns_nobody_anything(
    agreed: Database, method: PayoutMethod, path: str
) -> None:
    """And has all of its diamonds again."""
    payout = (await request(agreed.pool, method, HUNDRED_DOLLARS)).payout
    await moved(agreed.pool, payout, *PATHS[path])

    assert await owed(agreed) == ([(0, 0)] if path == "RETURNED" else [])
    again = (await request(agreed.pool, method, HUNDRED_DOLLARS, at=NOW + DAY)).payout
    assert again.commission_minor == 2_000


async def test_an_agency_is_paid_like_a_creator(agreed: Database, method: PayoutMethod) -> None:
    """Same forms and fees; of no diamonds."""
    await withhold(agreed.pool)
    await paid(agreed, method)
    to = await agency_method(agreed, country="CA")

    payout = (await collect(agreed.pool, to, 1_500)).payout

    assert (payout.source, payout.creator_id) == (PayoutSource.COMMISSIONS, AGENCY)
    assert (payout.micro_diamonds, payout.gross_minor, payout.worth_minor) == (0, 1_500, 1_500)
    assert (payout.withheld_minor, payout.net_minor) == (450, 1_500 - 25 - 15 - 450)
    assert payout.status is PayoutStatus.QUEUED
    assert await owed(agreed) == [(500, 0)]
    await moved(agreed.pool, payout, *PATHS["PAID"], at=NOW + HOLD)
    assert await owed(agreed) == [(500, 0)]


@pytest.mark.parametrize("path", ["CANCELED", "FAILED", "RETURNED"])
async def test_what_does_not_reach_the_agency_is_owed_again(
    agreed: Database, method: PayoutMethod, path: str
) -> None:
    await paid(agreed, method)
    payout = (await collect(agreed.pool, await agency_method(agreed), 2_000)).payout
    assert await owed(agreed) == [(0, 0)]

    await moved(agreed.pool, payout, *PATHS[path], at=NOW + HOLD)

    assert await owed(agreed) == [(2_000, 0)]


async def test_nothing_is_paid_before_its_time(agreed: Database, method: PayoutMethod) -> None:
    await paid(agreed, method)
    to = await agency_method(agreed)

    with pytest.raises(InsufficientCommissionsError) as refused:
        await collect(agreed.pool, to, 1_000, at=NOW + HOLD - timedelta(microseconds=1))
    assert (refused.value.available_minor, refused.value.currency) == (0, "USD")
    assert (await collect(agreed.pool, to, 2_000)).payout.gross_minor == 2_000


async def test_what_comes_back_before_its_time_takes_nothing_else(
    agreed: Database, method: PayoutMethod
) -> None:
    """One payout of two returns while both are pending: what it earned was never due."""
    first = await paid(agreed, method)
    second = (await request(agreed.pool, method, HUNDRED_DOLLARS, at=NOW + DAY)).payout
    second = await moved(agreed.pool, second, *PATHS["PAID"], at=NOW + DAY)

    await moved(agreed.pool, second, "RETURNED", at=NOW + 2 * DAY)

    at_due = NOW + HOLD
    assert [tuple(each) for each in await balances(agreed.pool, at=at_due)] == [("USD", 2_000, 0)]
    assert first.status is PayoutStatus.PAID


async def test_a_return_after_the_agency_was_paid_is_owed_by_it(
    agreed: Database, method: PayoutMethod
) -> None:
    """The creator has all diamonds again; the agency owes, and earns it off."""
    payout = await paid(agreed, method)
    to = await agency_method(agreed)
    await collect(agreed.pool, to, 1_500)

    await moved(agreed.pool, payout, "RETURNED", at=NOW + HOLD + DAY)
    after = await balances(agreed.pool, at=NOW + HOLD + DAY)
    with pytest.raises(InsufficientCommissionsError) as refused:
        await collect(agreed.pool, to, 1_000, at=NOW + HOLD + DAY)
    again = (await request(agreed.pool, method, HUNDRED_DOLLARS, at=NOW + HOLD + DAY)).payout
    await moved(agreed.pool, again, *PATHS["PAID"], at=NOW + HOLD + DAY)

    assert [tuple(each) for each in after] == [("USD", -1_500, 0)]
    assert refused.value.available_minor == -1_500
    later = await balances(agreed.pool, at=NOW + 2 * HOLD + DAY)
    assert [tuple(each) for each in later] == [("USD", 500, 0)]


async def test_a_contract_that_changes_between_request_and_transfer(
    agreed: Database, method: PayoutMethod
) -> None:
    """The split is fixed with the payout, whatever becomes of the contract."""
    first = (await request(agreed.pool, method, HUNDRED_DOLLARS)).payout
    newer = await agree(agreed.pool, 3_000, effective_from=NOW + DAY)
    second = (await request(agreed.pool, method, HUNDRED_DOLLARS, at=NOW + DAY)).payout
    await end(agreed.pool, newer, at=NOW + 2 * DAY)
    third = (await request(agreed.pool, method, HUNDRED_DOLLARS, at=NOW + 2 * DAY)).payout

    for payout in (first, second, third):
        await moved(agreed.pool, payout, *PATHS["PAID"], at=NOW + 2 * DAY)

    async with agreed.pool.acquire() as conn:
        kept = [await find_payout(conn, each.payout_id) for each in (first, second, third)]
    assert [each.commission_minor for each in kept if each is not None] == [2_000, 3_000, 0]
    [balance] = await balances(agreed.pool, at=NOW + HOLD + 2 * DAY)
    assert balance.available_minor == 5_000


async def test_two_requests_at_once_take_no_more_than_there_is(
    agreed: Database, method: PayoutMethod
) -> None:
    await paid(agreed, method)
    to = await agency_method(agreed)
    pool, at = agreed.pool, NOW + HOLD
    order = CommissionOrder(uuid7(), AGENCY, to.method_id, 1_500)

    async with pool.acquire() as conn, conn.transaction():
        one = await request_commission_payout(conn, order, at=at)
        other = asyncio.create_task(collect(pool, to, 1_500))
        await eventually(lambda: pool.fetchval(WAITS), within_s=60)

    with pytest.raises(InsufficientCommissionsError) as refused:
        await other
    assert (one.payout.gross_minor, refused.value.available_minor) == (1_500, 500)


async def test_the_same_request_twice_is_one(agreed: Database, method: PayoutMethod) -> None:
    await paid(agreed, method)
    to = await agency_method(agreed)
    first = await collect(agreed.pool, to, 1_500)

    again = await collect(agreed.pool, to, 1_500, payout_id=first.payout.payout_id)

    assert (first.replayed, again.replayed) == (False, True)
    assert again.payout == first.payout
    with pytest.raises(IdempotencyConflictError):
        await collect(agreed.pool, to, 1_501, payout_id=first.payout.payout_id)
    with pytest.raises(IdempotencyConflictError):
        await request(agreed.pool, to, 1, payout_id=first.payout.payout_id)


@pytest.mark.parametrize("amount_minor", [0, -1, 2**53])
async def test_amounts_that_are_none(
    agreed: Database, method: PayoutMethod, amount_minor: int
) -> None:
    await paid(agreed, method)
    to = await agency_method(agreed)

    with pytest.raises((CommissionAmountInvalidError, InsufficientCommissionsError)):
        await collect(agreed.pool, to, amount_minor)
    assert await owed(agreed) == [(2_000, 0)]


async def test_what_an_agency_needs_to_be_paid(agreed: Database, method: PayoutMethod) -> None:
    """An identity, a method of its own in the currency, enough and not too much."""
    for day in range(5):
        at = NOW + day * DAY
        payout = (await request(agreed.pool, method, HUNDRED_DOLLARS, at=at)).payout
        await moved(agreed.pool, payout, *PATHS["PAID"], at=at)
        if day == 0:
            await earn(agreed.pool, 400_000)
    later = NOW + HOLD + 5 * DAY
    unknown = await add_method(agreed.pool, creator_id=AGENCY)
    with pytest.raises(IdentityNotVerifiedError):
        await collect(agreed.pool, unknown, 1_000, at=later)
    await review(agreed.pool, creator_id=AGENCY)

    with pytest.raises(MethodUnavailableError):
        await transact(
            agreed.pool,
            lambda conn: request_commission_payout(
                conn, CommissionOrder(uuid7(), AGENCY, method.method_id, 1_000), at=later
            ),
        )
    with pytest.raises(CommissionBelowMinimumError) as refused:
        await collect(agreed.pool, unknown, 999, at=later)
    assert (refused.value.needed_minor, refused.value.currency) == (1_000, "USD")
    yen = await add_method(agreed.pool, some_details(currency="JPY"), creator_id=AGENCY)
    with pytest.raises(InsufficientCommissionsError):
        await collect(agreed.pool, yen, 1_000, at=later)
    assert (await collect(agreed.pool, unknown, 10_000, at=later)).payout.gross_minor == 10_000


async def test_agencies_are_under_the_same_limits(agreed: Database, method: PayoutMethod) -> None:
    """C40: a thousand dollars a day."""
    await earn(agreed.pool, 2_000_000)
    await agree(agreed.pool, 5_000, effective_from=NOW + DAY)
    for day in (1, 9, 17):
        at = NOW + day * DAY
        payout = (await request(agreed.pool, method, 200_000_000_000, at=at)).payout
        await moved(agreed.pool, payout, *PATHS["PAID"], at=at)
    to = await agency_method(agreed)

    with pytest.raises(PayoutLimitReachedError) as refused:
        await collect(agreed.pool, to, 100_001, at=NOW + 2 * HOLD)
    assert refused.value.limit_minor == 100_000
    assert (await collect(agreed.pool, to, 100_000, at=NOW + 2 * HOLD)).payout


async def test_an_agency_that_screening_finds_is_held(
    agreed: Database, method: PayoutMethod
) -> None:
    """E35, like a creator: it is not told."""
    await paid(agreed, method)
    to = await agency_method(agreed)
    await review(agreed.pool, Decision.SANCTION_HIT, creator_id=AGENCY)

    payout = (await collect(agreed.pool, to, 2_000)).payout

    assert payout.status is PayoutStatus.HELD


async def test_forints_are_split_whole(agreed: Database) -> None:
    """E45: banks take them whole, so that every part is."""
    await agree(agreed.pool, 3_333)
    await earn(agreed.pool, 200_000)
    await review(agreed.pool)
    method = await add_method(agreed.pool, some_details(currency="HUF"))

    payout = await paid(agreed, method)

    assert (payout.gross_minor, payout.commission_minor) == (3_600_000, 1_199_900)
    to = await agency_method(agreed, currency="HUF")
    with pytest.raises(CommissionAmountInvalidError) as refused:
        await collect(agreed.pool, to, 1_199_850)
    assert refused.value.increment_minor == 100
    assert (await collect(agreed.pool, to, 1_199_900)).payout.gross_minor == 1_199_900


# ---------------------------------------------------------------------- contracts


async def test_a_contract_holds_when_its_creator_has_agreed(agreed: Database) -> None:
    method = await settled_creator(agreed.pool, 200_000)
    proposed = (await propose(agreed.pool, 2_000)).contract
    before = (await request(agreed.pool, method, HUNDRED_DOLLARS)).payout

    accepted = await answer(agreed.pool, proposed)
    again = await answer(agreed.pool, proposed, at=NOW + DAY)
    after = (await request(agreed.pool, method, HUNDRED_DOLLARS)).payout

    assert (before.commission_minor, after.commission_minor) == (0, 2_000)
    assert accepted == again
    with pytest.raises(AgencyContractDecidedError):
        await answer(agreed.pool, proposed, accept=False)


async def test_a_contract_that_is_declined_or_taken_back(agreed: Database) -> None:
    declined = (await propose(agreed.pool, 2_000)).contract
    taken_back = (await propose(agreed.pool, 2_000, agency_id="other")).contract

    assert (await answer(agreed.pool, declined, accept=False)).status is ContractStatus.DECLINED
    assert (await end(agreed.pool, taken_back)).status is ContractStatus.ENDED
    assert (await end(agreed.pool, taken_back, at=NOW + DAY)).moved_at == NOW
    with pytest.raises(AgencyContractDecidedError):
        await answer(agreed.pool, taken_back)
    with pytest.raises(AgencyContractDecidedError):
        await end(agreed.pool, declined)


async def test_only_their_creator_answers(agreed: Database) -> None:
    """Not the agency either."""
    proposed = (await propose(agreed.pool, 2_000)).contract

    for somebody in (AGENCY, "other"):
        with pytest.raises(AgencyContractUnknownError):
            await answer(agreed.pool, msgspec.structs.replace(proposed, creator_id=somebody))


async def test_the_same_contract_twice_is_one(agreed: Database) -> None:
    contract_id = uuid7()
    first = await propose(agreed.pool, 2_000, contract_id=contract_id)

    again = await propose(agreed.pool, 2_000, contract_id=contract_id, at=NOW + DAY)

    assert (first.replayed, again.replayed) == (False, True)
    assert again.contract == first.contract
    with pytest.raises(IdempotencyConflictError):
        await propose(agreed.pool, 2_001, contract_id=contract_id)
    with pytest.raises(IdempotencyConflictError):
        await propose(agreed.pool, 2_000, creator_id="other", contract_id=contract_id)
    logged = await agreed.pool.fetch("SELECT action FROM operator_action")
    assert [row["action"] for row in logged] == ["proposeAgencyContract"]


async def test_two_contracts_at_once_do_not_pass_the_maximum(agreed: Database) -> None:
    """Each alone would fit."""
    first = (await propose(agreed.pool, 3_000)).contract
    second = (await propose(agreed.pool, 3_000, agency_id="other")).contract

    answers = await asyncio.gather(
        answer(agreed.pool, first), answer(agreed.pool, second), return_exceptions=True
    )

    assert sorted(type(each).__name__ for each in answers) == [
        AgencySharesExceededError.__name__,
        "Contract",
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE commission_entry SET amount_minor = 1",
        "DELETE FROM commission_entry",
        "TRUNCATE commission_entry",
        "UPDATE payout_commission SET amount_minor = 1",
        "UPDATE payout SET commission_minor = 0, net_minor = net_minor + commission_minor,"
        " status = 'RETURNED', reason = 'why'",
        "UPDATE agency_contract SET share_bps = 1, status = 'ENDED', reason = 'why'",
        "UPDATE agency_contract SET status = 'PROPOSED', accepted_at = NULL",
        "DELETE FROM agency_contract",
        "INSERT INTO commission_entry (agency_id, currency, payout_id, kind, creator_id,"
        " amount_minor, due_at, at) SELECT agency_id, currency, payout_id, 'EARNED', creator_id,"
        " 1, due_at, at FROM commission_entry",
        # More than is owed, and before it is due.
        "INSERT INTO commission_entry (agency_id, currency, payout_id, kind, amount_minor, due_at,"
        " at) SELECT agency_id, currency, payout_id, 'SETTLED', -2001, due_at, at"
        " FROM commission_entry",
        "INSERT INTO commission_entry (agency_id, currency, payout_id, kind, amount_minor, due_at,"
        " at) SELECT agency_id, currency, payout_id, 'SETTLED', -1, at, at FROM commission_entry",
    ],
    ids=[
        *("update", "delete", "truncate", "split", "terms", "contract", "unagreed", "forgotten"),
        *("twice", "too-much", "too-early"),
    ],
)
async def test_the_database_keeps_the_journal(
    agreed: Database, method: PayoutMethod, statement: str
) -> None:
    await paid(agreed, method)

    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await agreed.pool.execute(statement)
