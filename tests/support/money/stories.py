"""What is likely to go wrong, as whole stories: each example begins with one."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Any, cast

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from support.money.declaring import FORMS, SHARE_BPS
from support.money.giving import WHO, WHOM
from support.money.shop import AGENCIES, CREATORS
from support.money.taking_back import MINOR, SHARE_OF_GIFTS_BPS, TakingBack
from wallet.domain.claims import Stage

type Arguments = Mapping[str, st.SearchStrategy[Any]]

BIT_BY_BIT: Arguments = {
    "who": WHO,
    "gifts": st.integers(1, 4),
    "bonus": st.sampled_from([0, 6]),
    "totals": st.lists(MINOR, min_size=2, max_size=4, unique=True).map(sorted),
    "ahead": st.booleans(),
    "arrives": st.booleans(),
    "lies": st.booleans(),
    "back": st.sampled_from([0, 33, 100]),
}
LOST: Arguments = {
    "who": WHO,
    "gifts": st.integers(1, 3),
    "opens": st.booleans(),
    "late": st.booleans(),
    "ahead": st.booleans(),
    "end": st.sampled_from([None, "lost", "won"]),
}
TOO_YOUNG: Arguments = {
    "who": WHO,
    "gifts": st.integers(2, 4),
    "bonus": st.sampled_from([0, 5]),
    "before": st.sampled_from([0, 33]),
    "late": st.booleans(),
    "shares_bps": st.lists(SHARE_OF_GIFTS_BPS, min_size=1, max_size=2),
    "after": st.sampled_from([0, 55, 100]),
}
AGREED: Arguments = {
    "who": WHO,
    "whom": WHOM,
    "shares_bps": st.tuples(SHARE_BPS, SHARE_BPS),
    "parts": st.booleans(),
    "collects": st.booleans(),
    "comes_back": st.booleans(),
}
DECLARED: Arguments = {
    "who": WHO,
    "whom": WHOM,
    "before": st.sampled_from([None, *sorted(FORMS)]),
    "then": st.sampled_from(["contradicted", *sorted(FORMS)]),
    "is_paid": st.booleans(),
    "comes_back": st.booleans(),
    "again": st.booleans(),
}
REGRETTED: Arguments = {
    "who": WHO,
    "gifts": st.integers(1, 3),
    "bonus": st.sampled_from([0, 5]),
    "total": st.sampled_from([0, 33, 100]),
    "disputed": st.booleans(),
    "arrives": st.booleans(),
    "late": st.booleans(),
    "after": st.sampled_from(["nothing", "more", "won"]),
}
STORIES: Mapping[str, Arguments] = {
    "refund_bit_by_bit": BIT_BY_BIT,
    "lose_it": LOST,
    "be_too_young": TOO_YOUNG,
    "have_agencies": AGREED,
    "regret_it": REGRETTED,
    "declare_too_late": DECLARED,
}
STORY = st.one_of(
    *(
        st.tuples(st.just(name), st.fixed_dictionaries(dict(arguments)))
        for name, arguments in STORIES.items()
    )
)


def _a_rule(arguments: Arguments) -> Callable[[Any], Any]:
    """A story may also follow others."""
    return cast("Any", rule)(**arguments)


class Stories(TakingBack):
    """Several steps in a row that random ones would seldom come upon."""

    @initialize(story=STORY)
    def begin_with(self, story: tuple[str, Mapping[str, Any]]) -> None:
        self.open_up()
        name, arguments = story
        getattr(self, name)(**arguments)

    @_a_rule(BIT_BY_BIT)
    def refund_bit_by_bit(
        self,
        who: str,
        gifts: int,
        bonus: int,
        totals: list[int],
        ahead: bool,
        arrives: bool,
        lies: bool,
        back: int,
    ) -> None:
        """What went to several creators, and was perhaps paid out by a clock that runs ahead,
        is taken back in parts, perhaps all of it in the end, and perhaps given back."""
        self.spend(who, 30, bonus, gifts)
        self.take_all_in()
        if ahead:
            self.ask_for_payout(CREATORS[0], Fraction(2, 3), 20)
        for total in totals:
            self.refund(-1, total, 0)
            if arrives or lies:
                self.take_all_in()
            if lies:
                self.tell_a_lie(-1)
        if back:
            self.refund(-1, totals[-1], back)
            self.take_all_in()

    @_a_rule(LOST)
    def lose_it(
        self, who: str, gifts: int, opens: bool, late: bool, ahead: bool, end: Stage | None
    ) -> None:
        """What was given away is disputed: creators are asked, perhaps when it is theirs for good
        by then, or partly paid out by a clock that runs ahead, and may have it back."""
        self.spend(who, 30, 0, gifts)
        self.take_all_in()
        if ahead:
            self.ask_for_payout(CREATORS[0], Fraction(2, 3), 20)
        self.dispute(-1, "opened" if opens else "lost")
        if late:
            self.pass_time(timedelta(days=15))
        self.take_all_in()
        if end is not None:
            self.dispute(-1, end)

    @_a_rule(TOO_YOUNG)
    def be_too_young(
        self,
        who: str,
        gifts: int,
        bonus: int,
        before: int,
        late: bool,
        shares_bps: list[int],
        after: int,
    ) -> None:
        """A parent writes, perhaps twice, and the provider gives money back before or after."""
        self.spend(who, 30, bonus, gifts)
        if before:
            self.refund(-1, before, 0)
        if late:
            self.pass_time(timedelta(days=15))
        for share_bps in shares_bps:
            self.refund_minor(who, gifts, 1, share_bps)
        if after:
            self.refund(-1, after, 0)

    @_a_rule(REGRETTED)
    def regret_it(
        self,
        who: str,
        gifts: int,
        bonus: int,
        total: int,
        disputed: bool,
        arrives: bool,
        late: bool,
        after: str,
    ) -> None:
        """The last gift is undone after its payment was taken back, in part or whole, or before;
        and more is taken back, or all is given back."""
        self.spend(who, 30, bonus, gifts)
        if late:
            self.take_all_in()
            self.pass_time(timedelta(days=15))
        if disputed:
            self.dispute(-1, "opened")
        elif total:
            self.refund(-1, total, 0)
        if arrives:
            self.take_all_in()
        self.regret(-1, True)
        self.take_all_in()
        if after == "more":
            self.refund(-1, 100, 0)
        elif after == "won" and disputed:
            self.dispute(-1, "won")
        elif after == "won":
            self.refund(-1, total, total)

    def earn_and_ask(self, who: str, whom: str) -> None:
        """Whoever is loved is paid."""
        self.spend(who, 40, 3, 2)
        self.take_all_in()
        self.pass_time(timedelta(days=15))
        self.ask_for_payout(whom, Fraction(1), 0)

    @_a_rule(AGREED)
    def have_agencies(
        self,
        who: str,
        whom: str,
        shares_bps: tuple[int, int],
        parts: bool,
        collects: bool,
        comes_back: bool,
    ) -> None:
        """Two agencies have a share in what is paid; it comes back, perhaps too late for one."""
        for agency, share_bps in zip(AGENCIES, shares_bps, strict=True):
            self.agree(whom, agency, share_bps)
        if parts:
            self.agree(whom, AGENCIES[1], 500)
            self.part(whom, AGENCIES[1])
        self.earn_and_ask(who, whom)
        self.pay()
        if collects:
            self.pass_time(timedelta(days=11))
            self.collect(AGENCIES[0], Fraction(1))
        if comes_back:
            self.send_back(0)

    @_a_rule(DECLARED)
    def declare_too_late(
        self,
        who: str,
        whom: str,
        before: str | None,
        then: str,
        is_paid: bool,
        comes_back: bool,
        again: bool,
    ) -> None:
        """A form changes what is withheld before a payout is sent, or is corrected after that and
        carried by the next; or what it was withheld of comes back."""
        if before is not None:
            self.declare(whom, before)
        self.earn_and_ask(who, whom)
        if is_paid:
            self.pay()
        if then == "contradicted":
            self.contradict(whom)
        else:
            self.declare(whom, then)
        self.pay()
        self.correct(whom)
        if comes_back:
            self.send_back(0)
        if again:
            self.earn_and_ask(who, whom)
