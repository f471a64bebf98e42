"""Currencies and their smallest units. Amounts are whole minor units, never floats."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_TWO_DECIMALS: Final = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL
HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP
MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD
SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS
VED VES WST XCD YER ZAR ZMW
"""
_NO_DECIMALS: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DECIMALS: Final = "BHD IQD JOD KWD LYD OMR TND"

EXPONENTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        code: decimals
        for decimals, codes in ((2, _TWO_DECIMALS), (0, _NO_DECIMALS), (3, _THREE_DECIMALS))
        for code in codes.split()
    }
)
"""Decimal places of the minor unit by ISO 4217 code: 2 for USD (cents), 0 for JPY, 3 for KWD."""


class UnknownCurrencyError(ValueError):
    """No currency that money is moved in has this code."""


def exponent(currency: str) -> int:
    """How many decimal places the currency's minor unit is.

    Raises:
        UnknownCurrencyError: Guessing two places would be wrong by a factor of 100 for the yen.
    """
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrencyError(f"unknown currency {currency!r}") from None


def in_words(amount_minor: int, currency: str) -> str:
    """The amount for a person: `12.34 USD`, `1234 JPY`, `1.234 KWD`.

    Raises:
        UnknownCurrencyError: See `exponent`.
    """
    places = exponent(currency)
    whole, fraction = divmod(abs(amount_minor), 10**places)
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{whole}{f'.{fraction:0{places}}' if places else ''} {currency}"
