"""What is withheld: by form, country and day; rounded down; corrected no further than it goes."""

from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.domain.tax_form import FormKind, FormStatus, TaxForm
from payouts.domain.withholding import (
    TableRefusedError,
    Withholding,
    WithholdingRule,
    WithholdingTable,
    check_table,
    settled,
    withholding,
)
from payouts.testing.paying import some_withholding
from payouts.testing.taxing import us_table

DAY = date(2026, 6, 9)
RULE = WithholdingRule
FORM_ID = UUID(int=7)
US = us_table()


def a_form(
    kind: FormKind = FormKind.W8BEN,
    country: str = "IN",
    *,
    claims_treaty: bool = True,
    status: FormStatus = FormStatus.VERIFIED,
    valid_until: date | None = date(2026, 12, 31),
) -> TaxForm:
    at = datetime(2023, 5, 1, tzinfo=UTC)
    return TaxForm(
        FORM_ID, "star", kind, country, claims_treaty, "", at, valid_until, status, at, None
    )


@pytest.mark.parametrize(
    ("form", "country", "bps", "rule"),
    [
        (None, "US", 2_400, RULE.NO_FORM),
        (None, "DE", 3_000, RULE.NO_FORM),
        (a_form(valid_until=date(2026, 6, 8)), "US", 3_000, RULE.FORM_EXPIRED),
        (a_form(FormKind.W9, "US", valid_until=None), "DE", 0, RULE.RESIDENT),
        (
            a_form(FormKind.W9, "US", valid_until=None, status=FormStatus.REJECTED),
            "DE",
            2_400,
            RULE.FORM_REJECTED,
        ),
        (a_form(), "US", 1_500, RULE.TREATY),
        (a_form(valid_until=DAY), "US", 1_500, RULE.TREATY),
        (a_form(country="DE"), "US", 0, RULE.TREATY),
        (a_form(country="BR"), "US", 3_000, RULE.FOREIGN),
        (a_form(claims_treaty=False), "IN", 3_000, RULE.FOREIGN),
        (a_form(FormKind.OTHER, claims_treaty=False), "IN", 3_000, RULE.FOREIGN),
    ],
    ids=[
        *("no-form-home", "no-form-abroad", "expired", "resident", "resident-rejected"),
        *("treaty", "last-day", "treaty-of-zero", "no-treaty", "not-claimed", "other-form"),
    ],
)
def test_shares_of_the_united_states(
    form: TaxForm | None, country: str, bps: int, rule: WithholdingRule
) -> None:
    """E41. Where the money goes counts only until a form tells more; the last day still counts."""
    found = withholding(US, form, country=country, day=DAY)

    assert found == Withholding(bps, rule, None if form is None else FORM_ID, 2)


def test_nothing_is_withheld_at_first() -> None:
    """The table that `seed` publishes: a platform that withholds publishes another one."""
    text = files("payouts.data").joinpath("withholding.json").read_bytes()
    [table] = msgspec.json.decode(text, type=list[WithholdingTable])

    assert (table.most_bps, table.without_form) == (0, "withhold")


@given(
    gross=st.integers(1, 10**12),
    more=st.integers(0, 10**6),
    bps=st.integers(0, 9_999),
    increment=st.sampled_from([1, 100]),
)
def test_rounded_down_and_growing(gross: int, more: int, bps: int, increment: int) -> None:
    """Exactly the floor, in whole increments; of more, or at more, never less is withheld."""
    share = Withholding(bps, RULE.FOREIGN, None, 1)
    gross, more = gross * increment, more * increment

    found = share.of(gross, increment)

    assert found % increment == 0
    assert 0 <= gross * bps - found * 10_000 < increment * 10_000
    assert share.of(gross + more, increment) >= found
    assert share._replace(bps=min(bps + more, 9_999)).of(gross, increment) >= found


@given(
    due=st.integers(-(10**9), 10**9),
    net=st.integers(1, 10**9),
    increment=st.sampled_from([1, 100]),
)
def test_a_correction_leaves_something(due: int, net: int, increment: int) -> None:
    """What is owed to creators goes whole; what they owe goes as far as something arrives."""
    net *= increment

    carried = settled(due, net, increment)

    assert carried % increment == 0
    assert net + carried >= increment
    assert (carried >= 0) == (due >= 0) or carried == 0
    assert abs(carried) <= abs(due)
    assert abs(due) - abs(carried) < increment or net + carried == increment


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"version": 3}, "must be 2"),
        ({"effective_from": DAY}, "must come into force"),
        ({"backup_bps": 9_900}, "leaves nothing"),
        ({"treaty_bps": {"DE": 9_900}}, "leaves nothing"),
        ({"treaty_bps": {"US": 0}}, "no treaty with itself"),
    ],
    ids=["gap", "past", "backup", "treaty", "home"],
)
def test_a_table_that_must_not_be(changes: dict[str, object], why: str) -> None:
    now = datetime(2026, 6, 9, tzinfo=UTC)
    wanted = us_table(effective_from=now + timedelta(hours=1))
    if "effective_from" in changes:
        changes = {"effective_from": now + timedelta(seconds=59)}
    with pytest.raises(TableRefusedError, match=why):
        check_table(
            [some_withholding()],
            msgspec.structs.replace(wanted, **changes),
            now=now,
            fee_bps=100,
        )
