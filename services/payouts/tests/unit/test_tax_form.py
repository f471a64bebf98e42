"""Tax forms: which can be right, and until when they hold."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from payouts.domain.refusals import TaxFormInvalidError
from payouts.domain.tax_form import (
    FORM_MOVES,
    FormKind,
    FormStatus,
    display,
    read_declaration,
    valid_until,
)

W9, W8BEN, OTHER = FormKind.W9, FormKind.W8BEN, FormKind.OTHER


def test_a_w8ben_holds_until_the_end_of_the_third_year_after() -> None:
    """The example of the IRS's instructions: signed on 30 September 2015, until the end of 2018."""
    assert valid_until(W8BEN, datetime(2015, 9, 30, tzinfo=UTC)) == date(2018, 12, 31)
    assert valid_until(OTHER, datetime(2026, 1, 1, tzinfo=UTC)) == date(2029, 12, 31)
    assert valid_until(W9, datetime(2015, 9, 30, tzinfo=UTC)) is None


def test_years_are_those_of_utc() -> None:
    still_last_year = datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert valid_until(W8BEN, still_last_year) == date(2028, 12, 31)


@pytest.mark.parametrize(
    ("kind", "country", "claims_treaty", "tax_id", "field"),
    [
        (W9, "DE", False, "123456789", "country"),
        (W8BEN, "US", False, "123456789", "country"),
        (W8BEN, "Germany", False, "12345678901", "country"),
        (OTHER, "", False, "12345678901", "country"),
        (W9, "US", True, "123456789", "claimsTreaty"),
        (OTHER, "DE", True, "12345678901", "claimsTreaty"),
        (W9, "US", False, "12345678", "taxId"),
        (W9, "US", False, "12345678X", "taxId"),
        (W8BEN, "DE", True, "1234", "taxId"),
        (W8BEN, "DE", True, "1" * 25, "taxId"),
        (W8BEN, "DE", True, "12345/678", "taxId"),
        (W8BEN, "DE", True, "", "taxId"),
    ],
)
def test_what_cannot_be_right(
    kind: FormKind, country: str, claims_treaty: bool, tax_id: str, field: str
) -> None:
    """The refusal names the field and nothing of what was in it."""
    with pytest.raises(TaxFormInvalidError) as refused:
        read_declaration(kind=kind, country=country, claims_treaty=claims_treaty, tax_id=tax_id)

    assert refused.value.field == field
    assert not tax_id or tax_id not in str(refused.value)


def test_a_number_is_kept_without_what_does_not_count_and_never_printed() -> None:
    declared = read_declaration(kind=W9, country="us", claims_treaty=False, tax_id="123-45 6789")

    assert (declared.country, declared.tax_id) == ("US", "123456789")
    assert display(declared) == "US ••••6789"
    assert "6789" not in f"{declared} {declared!r}"


def test_what_was_rejected_stays_so() -> None:
    assert FORM_MOVES[FormStatus.REJECTED] == frozenset()
