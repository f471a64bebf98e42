"""Rules of money in: purchases, and gifts that they pay for."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from gifts import testing as giving
from support.money.bus import PARTITIONS
from support.money.following import Following
from support.money.shop import CREATORS, PAID, VIEWERS, WINDOW_DAYS
from wallet.testing import reversing

WHO, WHOM = st.sampled_from(VIEWERS), st.sampled_from(CREATORS)


class Giving(Following):
    """Viewers buy coins and give them away."""

    @rule(who=WHO, coins=st.integers(1, 30), bonus=st.integers(0, 7))
    def buy(self, who: str, coins: int, bonus: int) -> None:
        purchase = self.run(
            reversing.bought(
                self.pools["wallet"],
                at=self.clock.at,
                user_id=self.named(who),
                coins=coins,
                bonus_coins=bonus,
                amount_minor=PAID,
                refund_window_days=WINDOW_DAYS,
                bonus_expires_after_days=None,
            )
        )
        model = self.coins.buy(self.named(who), PAID, coins, bonus)
        self.purchases.append((purchase, model))
        self.refundable_until[purchase.purchase_id] = self.clock.at + timedelta(days=WINDOW_DAYS)

    @rule(who=WHO, whom=WHOM, coins=st.integers(1, 20))
    def give(self, who: str, whom: str, coins: int) -> None:
        """Asked for; charged when the wallet hears of it."""
        order = giving.an_order(
            sender_id=self.named(who),
            creator_id=self.named(whom),
            count=coins,
            quoted_price_coins=coins,
        )
        self.run(giving.write(self.pools["gifts"], giving.a_new_gift(order)))

    def spend(self, who: str, coins: int, bonus: int, gifts: int) -> None:
        """A purchase that is given away at once, to one creator after the other: what reversals are
        hard for. It is charged, and nobody else knows of it yet."""
        self.buy(who, coins, bonus)
        for number in range(gifts):
            share = (coins + bonus) * (number + 1) // gifts - (coins + bonus) * number // gifts
            self.give(who, CREATORS[number % len(CREATORS)], share)
        self.run(self.bus.publish("gifts"))
        for partition in range(PARTITIONS):
            self.take_in(self.charges, partition, 2 * gifts)

    @rule(
        who=WHO,
        coins=st.integers(10, 40),
        bonus=st.sampled_from([0, 0, 5]),
        gifts=st.integers(1, 4),
    )
    def spend_it_all(self, who: str, coins: int, bonus: int, gifts: int) -> None:
        """Most gifts are under way still."""
        self.spend(who, coins, bonus, gifts)

    @rule(
        who=WHO,
        coins=st.integers(20, 40),
        gifts=st.integers(1, 4),
        days=st.sampled_from([0, 0, 0, 15]),
    )
    def have_a_good_evening(self, who: str, coins: int, gifts: int, days: int) -> None:
        """All that was bought has gone to creators, and perhaps is theirs for good."""
        self.spend(who, coins, 3, gifts)
        self.take_all_in()
        if days:
            self.pass_time(timedelta(days=days))
