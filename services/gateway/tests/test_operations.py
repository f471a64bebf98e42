"""What front ends ask goes through, and comes back as the services said it."""

import re
from pathlib import Path
from typing import Any

import pytest
from gateway_process import GATEWAY, Gateway, Issuer
from subgraphs import Subgraphs

DOCUMENTS = (GATEWAY / "federation/examples/operations.graphql").read_text()
OPERATIONS = {
    match[2]: match[0].strip()
    for match in re.finditer(
        r"^(query|mutation) (\w+)[\s\S]*?(?=^#|^query|^mutation|^subscription|\Z)", DOCUMENTS, re.M
    )
}
UUID = "019b76da-a800-7000-8000-000000000001"
MINOR_REFUND = {
    "userId": "alice",
    "from": "2026-10-01T00:00:00Z",
    "to": "2026-11-01T00:00:00Z",
    "shareBps": 10_000,
}
VARIABLES: dict[str, dict[str, Any]] = {
    "PurchaseCoins": {"input": {"purchaseId": UUID, "bundleId": "b", "provider": "sandbox"}},
    "Purchase": {"id": UUID},
    "AcceptGifts": {"input": {"accept": True}},
    "ShowMeOnBoards": {"input": {"show": True}},
    "Leaderboard": {"id": "star", "window": "DAY"},
    "FanClub": {"id": "star"},
    "AcceptRoomGifts": {"input": {"roomId": UUID, "accept": False}},
    "BlockGifter": {"input": {"userId": "mallory"}},
    "UnblockGifter": {"input": {"userId": "mallory"}},
    "GiftMessages": {"creatorId": "alice", "after": None},
    "RemoveGiftMessage": {"input": {"giftId": UUID, "reason": "why"}},
    "ShowGiftMessage": {"input": {"giftId": UUID, "reason": "why"}},
    "QuarantineGift": {"input": {"quarantineId": UUID, "giftId": UUID, "note": None}},
    "QuarantinedGifts": {"after": None},
    "ReleaseQuarantinedGift": {"input": {"quarantineId": UUID, "reason": "why"}},
    "ReturnQuarantinedGift": {"input": {"quarantineId": UUID, "reason": "why"}},
    "SendGift": {
        "input": {
            "giftId": UUID,
            "itemId": "rose",
            "count": 1,
            "creatorId": "carol",
            "target": {"videoId": "v1"},
            "quotedPriceCoins": 2**53 - 1,
            "message": None,
        }
    },
    "Gift": {"id": UUID},
    "Creator": {"id": "alice"},
    "PreviewReversal": {"input": {"purchaseId": UUID, "reason": "REFUND"}},
    "ReversePurchase": {
        "input": {
            "reversalId": UUID,
            "purchaseId": UUID,
            "amountMinor": 2**53 - 1,
            "reason": "CHARGEBACK",
            "note": "why",
        }
    },
    "PreviewMinorRefund": {"input": MINOR_REFUND},
    "RefundMinor": {
        "input": {**MINOR_REFUND, "refundId": UUID, "expectedDigest": "0" * 64, "note": "why"}
    },
    "SetSpendLimits": {"input": {"dayCoins": 2**53 - 1, "weekCoins": None}},
    "AddPayoutMethod": {
        "input": {
            "methodId": UUID,
            "rail": "sandbox_bank",
            "details": {"holder": "A", "country": "US", "currency": "USD", "account": "12345678"},
        }
    },
    "OpenPayoutOnboarding": {"input": {"methodId": UUID}},
    "RequestPayout": {
        "input": {"payoutId": UUID, "methodId": UUID, "microDiamonds": 2**53 - 1},
    },
    "SubmitTaxForm": {
        "input": {"formId": UUID, "kind": "W9", "country": "US", "taxId": "123-45-6789"},
    },
    "AnswerAgencyContract": {"input": {"contractId": UUID, "accept": True}},
    "RequestCommissionPayout": {
        "input": {"payoutId": UUID, "methodId": UUID, "amountMinor": 2**53 - 1},
    },
    "CancelPayout": {"input": {"payoutId": UUID}},
    "Statement": {"period": "2026-11", "knownAt": None},
    "Analytics": {"from": "2026-11-01", "to": "2026-12-01", "by": "GIFTER", "after": None},
    "OpenRoom": {"input": {"roomId": UUID, "title": "Evening", "goal": {"coins": 2**53 - 1}}},
    "KeepRoomOpen": {"input": {"roomId": UUID}},
    "UndoGift": {"input": {"giftId": UUID}},
    "CloseRoom": {"input": {"roomId": UUID}},
    "Room": {"id": UUID},
    "OpenRooms": {"orderBy": "NEWEST", "after": None},
    "ProposeBattle": {"input": {"battleId": UUID, "roomId": UUID, "rivalRoomId": UUID}},
    "AcceptBattle": {"input": {"battleId": UUID, "roomId": UUID}},
    "UsePowerUp": {"input": {"powerUpId": UUID, "battleId": UUID, "roomId": UUID, "kind": "GLOVE"}},
    "Battle": {"id": UUID},
}


def test_every_operation_is_found() -> None:
    """The file is read right."""
    assert list(OPERATIONS) == [
        "Bundles",
        "PurchaseCoins",
        "Purchase",
        "Me",
        "GiftCatalogue",
        "AcceptGifts",
        "ShowMeOnBoards",
        "Leaderboard",
        "MyLevel",
        "LevelTable",
        "FanClub",
        "AcceptRoomGifts",
        "BlockGifter",
        "UnblockGifter",
        "BlockedGifters",
        "SendGift",
        "Gift",
        "Creator",
        "PreviewReversal",
        "ReversePurchase",
        "PreviewMinorRefund",
        "RefundMinor",
        "SetSpendLimits",
        "AddPayoutMethod",
        "OpenPayoutOnboarding",
        "RequestPayout",
        "SubmitTaxForm",
        "AnswerAgencyContract",
        "RequestCommissionPayout",
        "Agency",
        "CancelPayout",
        "Payouts",
        "Statement",
        "Analytics",
        "GiftMessages",
        "RemoveGiftMessage",
        "ShowGiftMessage",
        "QuarantineGift",
        "QuarantinedGifts",
        "ReleaseQuarantinedGift",
        "ReturnQuarantinedGift",
        "OpenRoom",
        "KeepRoomOpen",
        "UndoGift",
        "CloseRoom",
        "Room",
        "OpenRooms",
        "ProposeBattle",
        "AcceptBattle",
        "UsePowerUp",
        "Battle",
        "LiveDelivery",
    ]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_of_front_ends_is_answered(
    gateway: Gateway, issuer: Issuer, name: str
) -> None:
    """Verbatim, with data and without errors."""
    scopes = "viewer creator operator:refunds operator:moderation operator:payouts operator:audit"
    token = issuer.token("alice", scopes)

    response = gateway.post(OPERATIONS[name], VARIABLES.get(name), token=token)

    assert response.status_code == 200
    assert "errors" not in response.json(), response.text
    assert all(response.json()["data"].values())


def test_one_query_joins_three_services(
    gateway: Gateway, issuer: Issuer, subgraphs: Subgraphs
) -> None:
    """Each is asked once, and its part put in its place; big numbers stay exact."""
    query = """
    query ($id: ID!) {
      me { id balance { coins } giftsSent(first: 2) { nodes { id item { name } } } }
      creator(id: $id) { id acceptsGifts earnings { lifetime { microDiamonds } } }
    }
    """

    body = gateway.post(
        query, {"id": "alice"}, token=issuer.token("alice", "viewer creator")
    ).json()

    assert body == {
        "data": {
            "me": {
                "id": "alice",
                "balance": {"coins": 2**40},
                "giftsSent": {
                    "nodes": [
                        {"id": "019b76da-a800-7000-8000-0123456789ab", "item": {"name": "text"}}
                    ]
                    * 2
                },
            },
            "creator": {
                "id": "alice",
                "acceptsGifts": True,
                "earnings": {"lifetime": {"microDiamonds": 2**50}},
            },
        }
    }
    assert sorted(received.service for received in subgraphs.received) == [
        "gifts",
        "payouts",
        "wallet",
    ]


def test_token_and_request_id_travel_on(
    gateway: Gateway, issuer: Issuer, subgraphs: Subgraphs
) -> None:
    """The token as it came, so that each service can verify it; nothing read from it."""
    token = issuer.token("alice", "viewer")
    cookie = {"x-request-id": "r-1", "cookie": "a=b", "x-other": "1"}

    response = gateway.post("{ me { balance { coins } } }", token=token, headers=cookie)

    (received,) = subgraphs.received
    assert received.headers["authorization"] == f"Bearer {token}"
    assert received.headers["x-request-id"] == response.headers["x-request-id"] == "r-1"
    assert set(received.body) <= {"query", "variables"}
    assert not {"cookie", "x-other"} & set(received.headers)


def test_operation_is_chosen_by_name(gateway: Gateway) -> None:
    """Of several in one document."""
    query = 'query A { a: creator(id: "a") { id } } query B { b: creator(id: "b") { id } }'
    body = {"query": query, "operationName": "B"}

    chosen = gateway.client.post("/graphql", json=body).json()
    unclear = gateway.client.post("/graphql", json={"query": query}).json()

    assert chosen == {"data": {"b": {"id": "b"}}}
    assert unclear["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


def test_examples_are_those_of_the_design() -> None:
    """GraphiQL shows every operation with variables that fit it."""
    examples = (GATEWAY / "federation/examples/variables.json").read_text()

    for name in VARIABLES:
        assert f'"{name}"' in examples
    assert Path(GATEWAY / "supergraph.graphql").exists()
