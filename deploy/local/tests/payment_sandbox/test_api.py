from typing import Any

import httpx
import pytest

NEW = {
    "reference": "purchase-1",
    "amount_minor": 12_99,
    "currency": "USD",
    "description": "1,000 coins",
}


async def opened(api: httpx.AsyncClient, **changes: object) -> dict[str, Any]:
    response = await api.post("/v1/checkouts", json=NEW | changes)
    assert response.is_success, response.text
    return response.json()


async def test_opens_a_checkout(api: httpx.AsyncClient) -> None:
    response = await api.post("/v1/checkouts", json=NEW)

    checkout = response.json()
    payment_id = checkout["payment_id"]
    assert response.status_code == 201
    assert checkout["status"] == "open"
    assert checkout["checkout_url"] == f"http://127.0.0.1:4200/checkout/{payment_id}"
    assert (await api.get(f"/v1/checkouts/{payment_id}")).json() == checkout


async def test_the_same_reference_and_terms_give_the_same_checkout(api: httpx.AsyncClient) -> None:
    first = await api.post("/v1/checkouts", json=NEW)
    second = await api.post("/v1/checkouts", json=NEW)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


@pytest.mark.parametrize(
    "changed",
    [
        {"amount_minor": 13_00},
        {"currency": "EUR"},
        {"description": "2,000 coins"},
        {"return_url": "https://shop.example/done"},
    ],
)
async def test_the_same_reference_with_other_terms_is_a_conflict(
    api: httpx.AsyncClient, changed: dict[str, object]
) -> None:
    first = await opened(api)

    response = await api.post("/v1/checkouts", json=NEW | changed)

    assert response.status_code == 409
    assert response.json()["error"]["code"] == "reference_taken"
    assert (await api.get(f"/v1/checkouts/{first['payment_id']}")).json() == first


@pytest.mark.parametrize(
    "changed",
    [
        {"amount_minor": 0},
        {"amount_minor": -1},
        {"amount_minor": 2**53},
        {"amount_minor": 12.5},
        {"amount_minor": "12"},
        {"currency": "XXX"},
        {"currency": "usd"},
        {"reference": ""},
        {"return_url": "javascript:alert(1)"},
        {"colour": "red"},
    ],
)
async def test_malformed_terms_are_refused(
    api: httpx.AsyncClient, changed: dict[str, object]
) -> None:
    response = await api.post("/v1/checkouts", json=NEW | changed)

    assert response.status_code == 422
    assert response.json()["error"]["code"] == "invalid_request"


@pytest.mark.parametrize("body", [b"", b"\xff\x00\xfe", b"[]", b'{"reference": '])
async def test_a_body_that_is_no_object_is_refused(api: httpx.AsyncClient, body: bytes) -> None:
    response = await api.post("/v1/checkouts", content=body)

    assert response.status_code == 422


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer key-2", "key-1", "Bearer schlüssel"])
async def test_without_the_key_nothing_is_told(
    payer: httpx.AsyncClient, header: str | None
) -> None:
    headers = {} if header is None else {b"Authorization": header.encode()}

    for response in (
        await payer.post("/v1/checkouts", json=NEW, headers=headers),
        await payer.get("/v1/checkouts/pay_1", headers=headers),
        await payer.get("/v1/events", headers=headers),
        await payer.post("/v1/events/evt_1/resend", headers=headers),
    ):
        assert response.status_code == 401
        assert response.json()["error"]["code"] == "unauthorized"


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/v1/checkouts/pay_none", "unknown_payment"),
        ("GET", "/v1/events/evt_none", "unknown_event"),
        ("POST", "/v1/events/evt_none/resend", "unknown_event"),
        ("POST", "/checkout/pay_none/pay", "unknown_payment"),
    ],
)
async def test_unknown_ids_are_not_found(
    api: httpx.AsyncClient, method: str, path: str, code: str
) -> None:
    response = await api.request(method, path)

    assert response.status_code == 404
    assert response.json()["error"]["code"] == code
