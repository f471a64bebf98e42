"""The payer's side: a page with two buttons, and what the buttons do.

The buttons' endpoints answer programs too: with JSON where the caller accepts that.
"""

from html import escape
from importlib.resources import files
from string import Template
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from chassis import money
from payment_sandbox.api import checkout_json, refuser
from payment_sandbox.deliveries import Deliveries
from payment_sandbox.payments import AlreadyDecidedError, Checkout, Decision
from payment_sandbox.store import Store

_CHECKOUT = Template((files("payment_sandbox") / "checkout.html").read_text())
_BUTTONS = Template((files("payment_sandbox") / "buttons.html").read_text())
_OUTCOMES = {
    "paid": "Paid. The shop is being told.",
    "declined": "Declined. Nothing was taken.",
}


def make_router(store: Store, deliveries: Deliveries, *, base: str) -> APIRouter:
    """The routes below /checkout. `base` stands before each checkout's path."""
    router = APIRouter(prefix="/checkout/{payment_id}", dependencies=[Depends(refuser(store))])

    def decide(payment_id: str, decision: Decision, accept: str) -> Response:
        try:
            checkout = store.decide(payment_id, decision)
        except AlreadyDecidedError as error:
            if "application/json" in accept:
                raise
            return HTMLResponse(
                _page(store.find_checkout(payment_id), note=str(error)), status_code=error.status
            )
        deliveries.notify()
        if "application/json" in accept:
            return JSONResponse(checkout_json(checkout, base))
        # See other: reloading the page must not send the form again.
        return RedirectResponse(f"{base}/checkout/{payment_id}", status_code=303)

    @router.get("")
    async def show(payment_id: str) -> HTMLResponse:
        return HTMLResponse(_page(store.find_checkout(payment_id)))

    @router.post("/pay")
    async def pay(payment_id: str, accept: Annotated[str, Header()] = "") -> Response:
        return decide(payment_id, "paid", accept)

    @router.post("/decline")
    async def decline(payment_id: str, accept: Annotated[str, Header()] = "") -> Response:
        return decide(payment_id, "declined", accept)

    return router


def _page(checkout: Checkout, note: str = "") -> str:
    terms = checkout.terms
    back = ""
    if checkout.status != "open" and terms.return_url is not None:
        back = f'<a class="back" href="{escape(terms.return_url)}">Back to the shop</a>'
    return _CHECKOUT.substitute(
        amount=escape(money.in_words(terms.amount_minor, terms.currency)),
        description=escape(terms.description),
        reference=escape(terms.reference),
        payment_id=escape(checkout.payment_id),
        note=f'<p class="note" role="alert">{escape(note)}</p>' if note else "",
        action=(
            _BUTTONS.substitute(path=f"/checkout/{checkout.payment_id}")
            if checkout.status == "open"
            else f'<p class="outcome {checkout.status}">{_OUTCOMES[checkout.status]}</p>{back}'
        ),
    )
