"""A batch is decided as if its charges had come one by one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.gifts.v1 import ChargeRequested
from wallet.domain.caps import NO_CAPS
from wallet.domain.charging import Decided, decide
from wallet.domain.ledger import Head, credit, expiry_id
from wallet.domain.lots import COINS_MAX, Lot, LotClass
from wallet.testing.model import Model, ModelCharge, ModelLot

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def a_head(
    *lots: tuple[LotClass, int], owner: str = "ann", account_id: int = 7, debt_coins: int = 0
) -> Head:
    """A head with these lots; a lot's id is its place, from 1."""
    head = Head(account_id, owner, 0, 0, debt_coins, (), ())
    for index, (lot_class, coins) in enumerate(lots, start=1):
        head = credit(head, Lot(index, lot_class, NOW, None), coins)
    return head


def a_charge(number: int, coins: int, *, payer: str = "ann", key: str = "star") -> ChargeRequested:
    return ChargeRequested(charge_id=UUID(int=number), payer_id=payer, order_key=key, coins=coins)


def decided(*charges: ChargeRequested, head: Head) -> Decided:
    return decide(charges, {head.owner_id: head}, {}, {}, [NO_CAPS] * len(charges), at=NOW, shard=3)


def slices(result: Decided, index: int) -> list[tuple[int, int]]:
    movement = result.answers[index].movement
    if movement.lot_ids is None:
        assert movement.lot_id is not None
        return [(movement.lot_id, -movement.coins)]
    assert movement.lot_coins is not None
    return list(zip(movement.lot_ids, movement.lot_coins, strict=True))


def test_a_charge_takes_coins_from_the_first_lot() -> None:
    result = decided(a_charge(1, 30), head=a_head(("bonus", 50), ("purchased", 100)))

    movement = result.answers[0].movement
    assert (movement.outcome, movement.version, movement.coins) == ("posted", 3, -30)
    assert movement.balance_coins == 120
    assert slices(result, 0) == [(1, 30)]
    assert result.heads["ann"].left == (20, 100)
    assert result.moved == {"ann": "charge"}


def test_a_lot_spent_to_the_last_coin_is_closed() -> None:
    result = decided(a_charge(1, 50), head=a_head(("bonus", 50), ("purchased", 100)))

    assert slices(result, 0) == [(1, 50)]
    assert result.heads["ann"].left == (100,)


def test_one_charge_may_take_from_many_lots() -> None:
    head = a_head(("purchased", 10), ("bonus", 5), ("purchased", 20))

    result = decided(a_charge(1, 17), head=head)

    assert slices(result, 0) == [(2, 5), (1, 10), (3, 2)]
    assert result.heads["ann"].left == (18,)


def test_everything_may_be_spent() -> None:
    result = decided(a_charge(1, 15), head=a_head(("purchased", 10), ("bonus", 5)))

    assert (result.heads["ann"].coins, result.heads["ann"].lots) == (0, ())


def test_who_is_short_is_refused_and_keeps_all() -> None:
    head = a_head(("purchased", 10))

    result = decided(a_charge(1, 11), a_charge(2, 10), head=head)

    refused, posted = result.answers
    assert (refused.movement.outcome, refused.movement.balance_coins) == ("insufficient_coins", 10)
    assert refused.movement.coins == -11
    assert (refused.movement.version, refused.movement.lot_id) == (1, None)
    assert posted.movement.outcome == "posted"


def test_debt_cannot_be_spent() -> None:
    result = decided(a_charge(1, 8), a_charge(2, 7), head=a_head(("purchased", 10), debt_coins=3))

    assert [answer.movement.outcome for answer in result.answers] == [
        "insufficient_coins",
        "posted",
    ]
    assert result.answers[0].movement.balance_coins == 7


def test_a_repeat_gets_the_first_answer() -> None:
    """Posted or refused, and although the payer could not or could pay by now."""
    head = a_head(("purchased", 10))

    result = decided(a_charge(1, 11), a_charge(2, 10), a_charge(1, 11), a_charge(2, 10), head=head)

    assert result.answers[2] is result.answers[0]
    assert result.answers[3] is result.answers[1]
    assert [movement.movement_id.int for movement in result.movements] == [1, 2]


@pytest.mark.parametrize(
    "other",
    [
        a_charge(1, 9),
        a_charge(1, 10, key="other"),
        a_charge(1, 10, payer="bob"),
    ],
    ids=["coins", "order key", "payer"],
)
def test_other_terms_under_a_known_id_are_a_conflict(other: ChargeRequested) -> None:
    heads = {
        "ann": a_head(("purchased", 100)),
        "bob": a_head(("purchased", 100), owner="bob", account_id=8),
    }

    result = decide([a_charge(1, 10), other], heads, {}, {}, [NO_CAPS] * 2, at=NOW, shard=3)

    assert result.answers[1].movement.outcome == "charge_conflict"
    assert len(result.movements) == 1
    assert sum(head.coins for head in {**heads, **result.heads}.values()) == 190


def test_expired_coins_are_booked_before_the_charge() -> None:
    old = Lot(1, "bonus", NOW, NOW)
    head = credit(a_head(("purchased", 10)), old, 50)

    result = decided(a_charge(1, 20), a_charge(2, 10), head=head)

    expiry, refused, posted = result.movements
    assert (expiry.kind, expiry.coins, expiry.counter) == ("expiry", -50, "breakage")
    assert (expiry.movement_id, expiry.version) == (expiry_id(1), 3)
    assert (refused.outcome, refused.balance_coins) == ("insufficient_coins", 10)
    assert (posted.outcome, posted.version) == ("posted", 4)


def test_expiry_alone_moves_an_account() -> None:
    head = credit(a_head(), Lot(1, "bonus", NOW, NOW), 50)

    result = decided(a_charge(1, 20), head=head)

    assert result.moved == {"ann": "expiry"}


def test_a_lot_is_good_until_the_instant_of_its_expiry() -> None:
    head = credit(a_head(), Lot(1, "bonus", NOW, NOW + timedelta(microseconds=1)), 50)

    assert decided(a_charge(1, 50), head=head).answers[0].movement.outcome == "posted"


PAYERS = ["ann", "bob", "cyd"]
AMOUNTS = st.integers(1, 40) | st.sampled_from([COINS_MAX, COINS_MAX - 1])
CHARGES = st.lists(
    st.builds(
        a_charge,
        st.integers(1, 12),
        AMOUNTS,
        payer=st.sampled_from(PAYERS),
        key=st.sampled_from(["star", "other"]),
    ),
    max_size=30,
)
WALLETS = st.fixed_dictionaries(
    {
        payer: st.lists(
            st.tuples(
                st.sampled_from(["purchased", "bonus", "earned", "granted"]),
                AMOUNTS,
                st.none() | st.integers(-2, 2),
            ),
            max_size=5,
        ).filter(lambda lots: sum(coins for _, coins, _ in lots) <= COINS_MAX)
        for payer in PAYERS
    }
)


@given(WALLETS, CHARGES)
def test_a_batch_is_as_its_charges_one_by_one(
    wallets: dict[str, list[tuple[LotClass, int, int | None]]], charges: list[ChargeRequested]
) -> None:
    """Every answer, slice and balance equals the naive model's; no coin appears or vanishes."""
    model = Model()
    heads: dict[str, Head] = {}
    lot_id = 0
    for account_id, (payer, lots) in enumerate(wallets.items(), start=1):
        head = Head(account_id, payer, 0, 0, 0, (), ())
        for lot_class, coins, expires_in in lots:
            lot_id += 1
            expires_at = None if expires_in is None else NOW + timedelta(days=expires_in)
            head = credit(head, Lot(lot_id, lot_class, NOW, expires_at), coins)
            model.credit(payer, ModelLot(lot_id, lot_class, coins, expires_at))
        heads[payer] = head

    result = decide(charges, heads, {}, {}, [NO_CAPS] * len(charges), at=NOW, shard=0)

    for index, charge in enumerate(charges):
        expected = model.charge(
            ModelCharge(charge.charge_id, charge.payer_id, charge.coins, charge.order_key), NOW
        )
        movement = result.answers[index].movement
        assert movement.outcome == expected.outcome
        if expected.outcome == "posted":
            assert tuple(slices(result, index)) == expected.slices
        else:
            assert movement.balance_coins == expected.balance
    for payer, head in result.heads.items():
        assert (head.coins, head.version) == (
            model.wallet(payer).balance,
            model.wallet(payer).version,
        )
        assert sum(head.left) == head.coins
    before = sum(head.coins for head in heads.values())
    after = sum(result.heads.get(payer, head).coins for payer, head in heads.items())
    assert before - after == model.charged + model.expired
