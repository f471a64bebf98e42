"""Months, lines and documents of statements."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts import statement_csv, statement_rows
from payouts.domain.payout import PayoutStatus
from payouts.domain.statement import (
    CommissionMoney,
    Line,
    LineKind,
    PayoutMoney,
    Period,
    Scope,
    Statement,
    Totals,
)

NOVEMBER = Period(2026, 11)
AT = datetime(2026, 11, 3, 4, 5, 6, 7, tzinfo=UTC)


def a_line(**changes: object) -> Line:
    gift_id = UUID(int=1)
    line = Line(AT, gift_id, 1, LineKind.EARNED, 500_000, gift_id, None, None, AT)
    return line._replace(**changes)


def a_scope(form: int = statement_rows.FORM) -> Scope:
    known_at = datetime(2026, 12, 1, 0, 10, tzinfo=UTC)
    return Scope(NOVEMBER, known_at, "1:9:", None, "0", form, True)


def a_statement(**changes: object) -> Statement:
    return Statement("star", 3, a_scope(), Totals(1, 20, 3, -4), None)._replace(**changes)


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026", "2026-1", "2026-00", "2026-13", "26-11", "2026-11-01", "2026/11"),
        *(" 2026-11", "2026-11\n", "1999-12", "２０２６-11", "-026-11"),
    ],
)
def test_other_forms_are_no_period(text: str) -> None:
    with pytest.raises(ValueError, match="2026-11"):
        Period.parse(text)


@given(year=st.integers(2000, 2098), month=st.integers(1, 12), months=st.integers(-11, 11))
def test_months_follow_each_other(year: int, month: int, months: int) -> None:
    """Whatever their length, without a gap."""
    period = Period(year, month)

    assert Period.parse(str(period)) == period
    assert period.ends == period.moved(1).starts
    assert period.moved(months).moved(-months) == period
    assert Period.of(period.starts) == period < Period.of(period.ends)


@pytest.mark.parametrize("form", [1, 2, 3])
def test_the_document_is_these_bytes(form: int) -> None:
    """Those of statements that were issued: another form needs another number."""
    payout = UUID(int=2)
    money = PayoutMoney("USD", 1_000, 35, 150, "TREATY", 50, 665, 200)
    lines = [
        a_line(belongs_to=datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC)),
        a_line(entry_id=payout, kind=LineKind.PAID_OUT, gift_id=None, micro_diamonds=-4,
               payout_status=PayoutStatus.REQUESTED, money=money),
    ]  # fmt: skip
    scope = a_scope(form)
    document = statement_csv.head(a_statement(scope=scope)) + statement_csv.body(lines, scope)
    columns, of_gift, of_payout = {
        1: ("", "", ""),
        2: (
            ",currency,gross_minor,fees_minor,withheld_minor,withheld_because,correction_minor"
            ",net_minor",
            ",,,,,,,",
            ",USD,1000,35,150,TREATY,50,665",
        ),
        3: (
            ",currency,gross_minor,fees_minor,withheld_minor,withheld_because,correction_minor"
            ",net_minor,commission_minor,commission_of",
            ",,,,,,,,,",
            ",USD,1000,35,150,TREATY,50,665,200,",
        ),
    }[form]

    assert document.decode().split("\r\n") == [
        f"form,largesse-statement-{form}",
        "creator,star",
        "number,3",
        "period,2026-11",
        "known_at,2026-12-01T00:10:00.000000+00:00",
        "opening_micro_diamonds,1",
        "earned_micro_diamonds,20",
        "reversed_micro_diamonds,3",
        "paid_out_micro_diamonds,-4",
        "closing_micro_diamonds,22",
        "",
        f"at,kind,micro_diamonds,id,gift_id,reason,adjusts{columns}",
        f"2026-11-03T04:05:06.000007+00:00,EARNED,500000,{UUID(int=1)},{UUID(int=1)},,2026-10"
        f"{of_gift}",
        f"2026-11-03T04:05:06.000007+00:00,PAID_OUT,-4,{payout},,,{of_payout}",
        "",
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_text_of_others_is_no_formula(text: str) -> None:
    """A rail's reason ends in somebody's spreadsheet."""
    line = a_line(payout_status=PayoutStatus.FAILED, recorded_reason=text)

    assert f",'{text}," in statement_csv.body([line], a_scope()).decode()


def test_separators_are_quoted() -> None:
    line = a_line(payout_status=PayoutStatus.FAILED, recorded_reason='a,"b"\nc')

    assert ',"a,""b""\nc",' in statement_csv.body([line], a_scope()).decode()


def test_a_commission_says_of_whom() -> None:
    """Money, and no diamonds."""
    line = a_line(
        kind=LineKind.COMMISSION,
        micro_diamonds=0,
        gift_id=None,
        commission=CommissionMoney("USD", 200, "=star"),
    )

    [row] = statement_csv.body([line], a_scope()).decode().splitlines()
    assert row.endswith(f",COMMISSION,0,{UUID(int=1)},,,,USD,,,,,,,200,'=star")
