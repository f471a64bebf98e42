"""A platform account of Stripe's that holds state, which Stripe's own mock does not.

It knows what payouts asks: accounts, account links, transfers with their reversals, and payouts of
connected accounts. Like Stripe it keeps the answer of a request under its idempotency key, refusals
included, repeats it, and refuses the key for anything else.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

import httpx
import stripe

from payouts.rails.stripe_api import StripeApi

type Fault = Literal["unheard", "unanswered", "broken"]
"""A request that does not arrive, one whose answer does not, or one that Stripe fails at."""
type Thing = dict[str, Any]

TRIES: Final = 3
"""The library tries as often: a fault that is to be noticed lasts as long."""
BEGUN_AT: Final = 1_780_000_000


class _RefusedError(Exception):
    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass
class StripeStandIn:
    """Books of one platform; change them as Stripe's dashboard, or a bank, would."""

    funds: Counter[str] = field(default_factory=lambda: Counter({"usd": 1_000_000}))
    """Of the platform, by currency, in Stripe's minor units."""
    accounts: dict[str, Thing] = field(default_factory=dict)
    transfers: dict[str, Thing] = field(default_factory=dict)
    payouts: dict[str, dict[str, Thing]] = field(default_factory=lambda: defaultdict(dict))
    """By account and id."""
    on_accounts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    refuses_payouts: str | None = None
    """With which code payouts from connected accounts are refused."""
    is_slow: bool = False
    """Whether what was transferred is not there yet to be paid out."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of every request that arrived."""
    _answers: dict[tuple[str | None, str], tuple[bytes, int, Thing]] = field(default_factory=dict)
    _faults: list[tuple[str, str, Fault]] = field(default_factory=list)

    def api(self) -> StripeApi:
        """The client of payouts, whose requests arrive here."""
        client = stripe.HTTPXClient()
        client._client_async = httpx.AsyncClient(transport=httpx.MockTransport(self._handle))
        return StripeApi(api_key="sk_test_planted", http_client=client)

    def break_off(self, method: str, path: str, fault: Fault, *, times: int = TRIES) -> None:
        """Let the next requests whose path ends so fail."""
        self._faults.extend((method, path, fault) for _ in range(times))

    def forget_keys(self) -> None:
        """As Stripe does after a day."""
        self._answers.clear()

    def verify(self, account_id: str, **changes: Any) -> None:
        """Let Stripe have verified an account's owner; `changes` say otherwise."""
        self.accounts[account_id] |= {
            "payouts_enabled": True,
            "capabilities": {"transfers": "active"},
            "requirements": {"currently_due": [], "disabled_reason": None},
        } | changes

    def order(self, key: str) -> list[tuple[int, int]]:
        """Amount and what was reversed of every transfer of an order."""
        return [
            (each["amount"], each["amount_reversed"])
            for each in self.transfers.values()
            if each["transfer_group"] == key
        ]

    def payout_of(self, key: str) -> Thing:
        """The payout of an order, which is the only one."""
        [payout] = [
            each
            for payouts in self.payouts.values()
            for each in payouts.values()
            if each["metadata"].get("key") == key
        ]
        return payout

    def settle(self, key: str) -> None:
        """The bank says that the money has arrived."""
        self.payout_of(key)["status"] = "paid"

    def fail(self, key: str, code: str) -> None:
        """The bank does not take it, or gives it back; it is on the account again."""
        payout = self.payout_of(key)
        payout |= {"status": "failed", "failure_code": code}
        self.on_accounts[payout["account"]][payout["currency"]] += payout["amount"]

    # ------------------------------------------------------------------ HTTP

    def _handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        fault = self._fault_of(request.method, path)
        if fault == "unheard":
            raise httpx.ReadTimeout("unheard")
        if fault == "broken":
            return httpx.Response(500, json={"error": {"type": "api_error"}})
        self.asked.append((request.method, path))
        status, body = self._answer(request, path)
        if fault == "unanswered":
            raise httpx.ReadTimeout("unanswered")
        # As Stripe sends it: through text, so that nobody shares its books.
        return httpx.Response(status, content=json.dumps(body))

    def _fault_of(self, method: str, path: str) -> Fault | None:
        for index, (of_method, end, fault) in enumerate(self._faults):
            if method == of_method and path.endswith(end):
                del self._faults[index]
                return fault
        return None

    def _answer(self, request: httpx.Request, path: str) -> tuple[int, Thing]:
        account = request.headers.get("stripe-account")
        if request.method == "GET":
            return self._do(lambda: self._get(path, account, dict(request.url.params)))
        key = (account, request.headers.get("idempotency-key", ""))
        if (known := self._answers.get(key)) is not None:
            if known[0] != path.encode() + request.content:
                return 400, {"error": {"type": "idempotency_error"}}
            return known[1:]
        form = dict(parse_qsl(request.content.decode()))
        status, body = self._do(lambda: self._post(path, account, form))
        if key[1]:
            self._answers[key] = (
                path.encode() + request.content,
                status,
                json.loads(json.dumps(body)),
            )
        return status, body

    def _do(self, work: Callable[[], Thing]) -> tuple[int, Thing]:
        try:
            return 200, work()
        except _RefusedError as error:
            kind = "invalid_request_error"
            return error.status, {
                "error": {"type": kind, "code": error.code, "message": "acct_quoted"}
            }

    def _get(self, path: str, account: str | None, query: dict[str, str]) -> Thing:
        match path.split("/")[2:]:
            case ["accounts", account_id]:
                return self._account(account_id)
            case ["transfers"]:
                group = query.get("transfer_group")
                found = [
                    each
                    for each in self.transfers.values()
                    if group is None or each["transfer_group"] == group
                ]
                return _page(found, query)
            case ["payouts"]:
                assert account is not None, "the platform's own payouts are none of payouts'"
                since = int(query.get("created[gte]", 0))
                found = [e for e in self.payouts[account].values() if e["created"] >= since]
                return _page(found, query)
            case _:
                raise AssertionError(path)

    def _post(self, path: str, account: str | None, form: dict[str, str]) -> Thing:
        match path.split("/")[2:]:
            case ["accounts"]:
                return self._open(form)
            case ["account_links"]:
                self._account(form["account"])
                url = f"https://connect.stripe.com/setup/{len(self.asked)}"
                return {"object": "account_link", "url": url, "expires_at": BEGUN_AT + 300}
            case ["transfers"]:
                return self._transfer(form)
            case ["transfers", transfer_id, "reversals"]:
                return self._reverse(transfer_id)
            case ["payouts"]:
                assert account is not None, "a payout is of a creator's account"
                return self._pay_out(account, form)
            case _:
                raise AssertionError(path)

    def _account(self, account_id: str) -> Thing:
        if account_id not in self.accounts:
            raise _RefusedError("resource_missing", 404)
        return self.accounts[account_id]

    def _open(self, form: dict[str, str]) -> Thing:
        account_id = f"acct_{len(self.accounts) + 1:016}"
        self.accounts[account_id] = {
            "id": account_id,
            "object": "account",
            "country": form["country"],
            "default_currency": form["default_currency"],
            "metadata": {"method_id": form["metadata[method_id]"]},
            "payouts_enabled": False,
            "capabilities": {"transfers": "inactive"},
            "requirements": {
                "currently_due": ["individual.dob.day"],
                "disabled_reason": "requirements.past_due",
            },
        }
        return self.accounts[account_id]

    def _transfer(self, form: dict[str, str]) -> Thing:
        amount, currency, account_id = int(form["amount"]), form["currency"], form["destination"]
        account = self._account(account_id)
        if account["capabilities"]["transfers"] != "active":
            raise _RefusedError("insufficient_capabilities_for_transfer")
        if self.funds[currency] < amount:
            raise _RefusedError("balance_insufficient")
        self.funds[currency] -= amount
        self.on_accounts[account_id][currency] += amount
        transfer_id = f"tr_{len(self.transfers) + 1}"
        self.transfers[transfer_id] = {
            "id": transfer_id,
            "object": "transfer",
            "amount": amount,
            "amount_reversed": 0,
            "currency": currency,
            "created": BEGUN_AT + len(self.transfers),
            "destination": account_id,
            "metadata": {"key": form["metadata[key]"]},
            "transfer_group": form["transfer_group"],
        }
        return self.transfers[transfer_id]

    def _reverse(self, transfer_id: str) -> Thing:
        transfer = self.transfers[transfer_id]
        left = transfer["amount"] - transfer["amount_reversed"]
        on_account = self.on_accounts[transfer["destination"]]
        if not left or on_account[transfer["currency"]] < left:
            raise _RefusedError("balance_insufficient" if left else "charge_already_refunded")
        on_account[transfer["currency"]] -= left
        self.funds[transfer["currency"]] += left
        transfer["amount_reversed"] = transfer["amount"]
        return {"id": f"trr_{transfer_id}", "object": "transfer_reversal", "amount": left}

    def _pay_out(self, account_id: str, form: dict[str, str]) -> Thing:
        amount, currency = int(form["amount"]), form["currency"]
        if self.refuses_payouts is not None:
            raise _RefusedError(self.refuses_payouts)
        if self.is_slow or self.on_accounts[account_id][currency] < amount:
            raise _RefusedError("balance_insufficient")
        self.on_accounts[account_id][currency] -= amount
        of_account = self.payouts[account_id]
        payout_id = f"po_{account_id[-4:]}_{len(of_account) + 1}"
        of_account[payout_id] = {
            "id": payout_id,
            "object": "payout",
            "account": account_id,
            "amount": amount,
            "currency": currency,
            "created": BEGUN_AT + len(self.transfers),
            "failure_code": None,
            "metadata": {"key": form["metadata[key]"]},
            "status": "pending",
        }
        return of_account[payout_id]


def _page(found: list[Thing], query: dict[str, str]) -> Thing:
    """Newest first, after the one that is named."""
    things = found[::-1]
    if (after := query.get("starting_after")) is not None:
        things = things[1 + [each["id"] for each in things].index(after) :]
    limit = int(query["limit"])
    return {"object": "list", "data": things[:limit], "has_more": len(things) > limit}
