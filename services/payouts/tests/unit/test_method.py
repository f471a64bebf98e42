"""Bank details: whether they can be right, and how little of them is ever shown."""

import pytest

from payouts.domain.method import display, is_iban, read_details
from payouts.domain.refusals import DetailsInvalidError
from payouts.testing.paying import some_details

IBAN = "DE89370400440532013000"


def test_spaces_and_case_do_not_count() -> None:
    details = read_details(
        holder=" Stella Star ",
        country="de",
        currency="EUR",
        account="de89 3704 0044 0532 0130 00",
        bank_code=None,
    )

    assert (details.account, details.country, details.holder) == (IBAN, "DE", "Stella Star")


@pytest.mark.parametrize("place", range(len(IBAN)))
def test_any_wrong_character_of_an_iban_is_noticed(place: int) -> None:
    wrong = "1" if IBAN[place] != "1" else "2"
    assert is_iban(IBAN)
    assert not is_iban(IBAN[:place] + wrong + IBAN[place + 1 :])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"holder": ""}, "holder"),
        ({"holder": "  "}, "holder"),
        ({"holder": "a\nb"}, "holder"),
        ({"holder": "x" * 141}, "holder"),
        ({"country": "USA"}, "country"),
        ({"country": "12"}, "country"),
        ({"account": "1234567"}, "account"),
        ({"account": "123456789012345678"}, "account"),
        ({"account": "12345678x"}, "account"),
        ({"account": "１２３４５６７８"}, "account"),
        ({"account": IBAN}, "account"),
        ({"account": "", "country": "DE"}, "account"),
        ({"bank_code": None}, "bankCode"),
        ({"bank_code": "12"}, "bankCode"),
    ],
)
def test_details_that_cannot_be_right(changes: dict[str, str], field: str) -> None:
    """The refusal names the field and never repeats what was in it."""
    with pytest.raises(DetailsInvalidError) as refused:
        some_details(**changes)

    assert refused.value.field == field
    assert str(refused.value) == ""


def test_only_the_end_is_shown() -> None:
    assert display(some_details(account="000123456789")) == "US ••••6789"


def test_details_print_nothing() -> None:
    """A traceback or a log line that holds them tells nothing."""
    assert f"{some_details()} {some_details()!r}" == "BankDetails(…) BankDetails(…)"
