"""`@authenticated` and `@requiresScopes` at the edge: nothing is asked for who may not have it."""

from typing import Any

import pytest
from gateway_process import Gateway, Issuer
from subgraphs import Subgraphs

CREATOR = """
query ($id: ID!) {
  creator(id: $id) {
    id
    acceptsGifts
    giftsReceived(first: 10) { totalCoins nodes { id } }
    earnings { lifetime { microDiamonds } }
  }
}
"""
ACCEPT = "mutation ($input: AcceptGiftsInput!) { acceptGifts(input: $input) { __typename } }"


def codes(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Path and code of each error."""
    return [
        (".".join(map(str, error["path"])), error["extensions"]["code"])
        for error in body.get("errors", [])
    ]


def test_public_part_is_answered_to_anyone(gateway: Gateway, subgraphs: Subgraphs) -> None:
    """The private fields are null with an error each, and their service is never asked."""
    body = gateway.post(CREATOR, {"id": "carol"}).json()

    assert body["data"] == {
        "creator": {"id": "carol", "acceptsGifts": True, "giftsReceived": None, "earnings": None}
    }
    assert codes(body) == [
        ("creator.giftsReceived", "UNAUTHENTICATED"),
        ("creator.earnings", "UNAUTHENTICATED"),
    ]
    assert [received.service for received in subgraphs.received] == ["gifts"]


def test_scopes_open_their_fields(gateway: Gateway, issuer: Issuer) -> None:
    """An operator sees earnings but not gifts; the answer says why."""
    token = issuer.token(scope="operator:payouts")

    body = gateway.post(CREATOR, {"id": "carol"}, token=token).json()

    assert body["data"]["creator"]["earnings"] == {"lifetime": {"microDiamonds": 2**50}}
    assert codes(body) == [("creator.giftsReceived", "FORBIDDEN")]


def test_nothing_left_asks_nobody(gateway: Gateway, subgraphs: Subgraphs) -> None:
    """A query of private fields alone is answered at the edge."""
    body = gateway.post(
        '{ me { id } gift(id: "019b76da-a800-7000-8000-000000000001") { id } }'
    ).json()

    assert body["data"] == {"me": None, "gift": None}
    assert codes(body) == [("me", "UNAUTHENTICATED"), ("gift", "UNAUTHENTICATED")]
    assert body["errors"][0]["extensions"]["reason"] == "token_missing"
    assert subgraphs.received == []


def test_emptied_selection_is_still_answered(gateway: Gateway, issuer: Issuer) -> None:
    """An object of which only private fields were asked is there, with nulls."""
    body = gateway.post("{ me { balance { coins } } }", token=issuer.token()).json()

    assert body["data"] == {"me": {"balance": None}}
    assert codes(body) == [("me.balance", "FORBIDDEN")]


def test_every_place_in_a_list_has_its_error(gateway: Gateway, issuer: Issuer) -> None:
    """With its index, as if the service had refused each."""
    query = "{ me { giftsSent { nodes { creator { id giftsReceived { totalCoins } } } } } }"

    body = gateway.post(query, token=issuer.token("alice", "viewer")).json()

    creators = [node["creator"] for node in body["data"]["me"]["giftsSent"]["nodes"]]
    assert creators == [{"id": "id-1", "giftsReceived": None}] * 2
    assert codes(body) == [
        ("me.giftsSent.nodes.0.creator.giftsReceived", "FORBIDDEN"),
        ("me.giftsSent.nodes.1.creator.giftsReceived", "FORBIDDEN"),
    ]


def test_fragments_and_aliases_are_no_way_around(gateway: Gateway, subgraphs: Subgraphs) -> None:
    """Whatever name or fragment a field hides behind."""
    query = """
    { a: creator(id: "c") { ...one ... on Creator { two: giftsReceived { totalCoins } } id } }
    fragment one on Creator { one: earnings { ...three } }
    fragment three on Earnings { lifetime { microDiamonds } }
    """

    body = gateway.post(query).json()

    assert body["data"] == {"a": {"id": "c", "one": None, "two": None}}
    assert [received.service for received in subgraphs.received] == ["gifts"]


@pytest.mark.parametrize(("wanted", "count"), [(True, 1), (False, 0)])
def test_fields_that_are_not_wanted_are_not_refused(
    gateway: Gateway, wanted: bool, count: int
) -> None:
    """@include and @skip decide first, on fields and on fragments."""
    query = """
    query ($yes: Boolean!, $no: Boolean!) {
      creator(id: "c") {
        id
        earnings @include(if: $yes) { lifetime { microDiamonds } }
        ... @skip(if: $no) { giftsReceived { totalCoins } }
      }
    }
    """

    body = gateway.post(query, {"yes": wanted, "no": not wanted}).json()

    assert len(body["data"]["creator"]) == 1 + 2 * count
    assert len(codes(body)) == 2 * count


@pytest.mark.parametrize(
    ("scope", "code"), [(None, "UNAUTHENTICATED"), ("", "FORBIDDEN"), ("viewer", "FORBIDDEN")]
)
def test_mutation_runs_whole_or_not_at_all(
    gateway: Gateway, issuer: Issuer, subgraphs: Subgraphs, scope: str | None, code: str
) -> None:
    """A caller who may not do one part does no part."""
    token = None if scope is None else issuer.token(scope=scope)

    body = gateway.post(ACCEPT, {"input": {"accept": True}}, token=token).json()

    assert body["data"] is None
    assert codes(body) == [("acceptGifts", code)]
    assert subgraphs.received == []


def test_mutation_runs_though_its_answer_hides_something(gateway: Gateway, issuer: Issuer) -> None:
    """What the caller may do is one thing, what they may see of the result another."""
    query = """
    mutation ($input: SendGiftInput!) {
      sendGift(input: $input) {
        ... on SendGiftPayload { gift { creator { id giftsReceived { totalCoins } } } }
      }
    }
    """
    given = {
        "giftId": "019b76da-a800-7000-8000-000000000001",
        "itemId": "rose",
        "creatorId": "carol",
        "target": {"videoId": "v1"},
        "quotedPriceCoins": 1,
    }

    body = gateway.post(query, {"input": given}, token=issuer.token(scope="viewer")).json()

    creator = {"id": "id-1", "giftsReceived": None}
    assert body["data"] == {"sendGift": {"gift": {"creator": creator}}}
    assert codes(body) == [("sendGift.gift.creator.giftsReceived", "FORBIDDEN")]


def test_one_document_serves_callers_of_all_kinds(gateway: Gateway, issuer: Issuer) -> None:
    """What is cut out for one caller is there again for the next."""
    kinds = [
        None,
        issuer.token(scope="creator"),
        issuer.token(),
        None,
        issuer.token(scope="creator"),
    ]

    errors = [
        len(codes(gateway.post(CREATOR, {"id": "alice"}, token=token).json())) for token in kinds
    ]

    assert errors == [2, 0, 2, 2, 0]
