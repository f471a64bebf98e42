import httpx
import pytest

from payment_sandbox.payments import Terms
from payment_sandbox.store import Store

JSON = {"Accept": "application/json"}


@pytest.fixture
def path(store: Store) -> str:
    """The page of an open checkout, with a description that wants to be markup."""
    terms = Terms("purchase-1", 12_99, "USD", "<b>1,000</b> coins", "https://shop.example/?a=1&b=2")
    checkout, _ = store.open_checkout(terms)
    return f"/checkout/{checkout.payment_id}"


async def events(store: Store, path: str) -> list[str]:
    payment_id = path.rpartition("/")[2]
    return [event.type for event in store.select_events(payment_id, limit=10)]


async def test_shows_what_is_to_be_paid(payer: httpx.AsyncClient, path: str) -> None:
    page = (await payer.get(path)).text

    assert "12.99 USD" in page
    assert "&lt;b&gt;1,000&lt;/b&gt; coins" in page
    assert f'action="{path}/pay"' in page
    assert f'action="{path}/decline"' in page


async def test_paying_leads_back_to_the_page(payer: httpx.AsyncClient, path: str) -> None:
    response = await payer.post(f"{path}/pay")
    page = (await payer.get(path)).text

    assert response.status_code == 303
    assert response.headers["location"] == f"http://127.0.0.1:4200{path}"
    assert "Paid." in page
    assert "<form" not in page
    assert 'href="https://shop.example/?a=1&amp;b=2"' in page


async def test_a_program_gets_json(payer: httpx.AsyncClient, path: str) -> None:
    response = await payer.post(f"{path}/decline", headers=JSON)

    assert (response.status_code, response.json()["status"]) == (200, "declined")


@pytest.mark.parametrize(
    ("action", "event"), [("pay", "payment.succeeded"), ("decline", "payment.declined")]
)
async def test_deciding_twice_is_deciding_once(
    payer: httpx.AsyncClient, store: Store, path: str, action: str, event: str
) -> None:
    first = await payer.post(f"{path}/{action}", headers=JSON)
    second = await payer.post(f"{path}/{action}", headers=JSON)

    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert await events(store, path) == [event]


@pytest.mark.parametrize(("first", "second"), [("pay", "decline"), ("decline", "pay")])
async def test_a_decision_stays(
    payer: httpx.AsyncClient, store: Store, path: str, first: str, second: str
) -> None:
    decided = await payer.post(f"{path}/{first}", headers=JSON)

    refused = await payer.post(f"{path}/{second}", headers=JSON)
    page = await payer.post(f"{path}/{second}")

    assert refused.status_code == page.status_code == 409
    assert refused.json()["error"]["code"] == "already_decided"
    assert "and stays so" in page.text
    assert (await payer.get(path)).text.count(f"outcome {decided.json()['status']}") == 1
    assert len(await events(store, path)) == 1
