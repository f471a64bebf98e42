"""The documents that the benchmarks send, as front ends would."""

import json
from collections.abc import Mapping

from callers import ID_MARK

from local_stack.operations import documents

OVERVIEW = """query Overview($id: ID!) {
  me {
    id
    balance { coins }
    giftsSent(first: 10) {
      nodes { id status priceCoins item { id name } creator { id } sentAt }
      pageInfo { hasNextPage endCursor }
    }
  }
  creator(id: $id) {
    id
    earnings {
      pending { microDiamonds worth { amountMinor currency } }
      available { microDiamonds worth { amountMinor currency } }
      lifetime { microDiamonds }
    }
  }
}"""
"""One read that needs all three services."""

REVERSE_PURCHASE = """mutation ReversePurchase($input: ReversePurchaseInput!) {
  reversePurchase(input: $input) {
    __typename
    ... on ReversePurchasePayload { reversal { id coins } }
    ... on Refusal { code message }
  }
}"""
"""An operator takes a payment back."""


def send_gift(
    creator: str,
    item_id: str,
    price_coins: int,
    *,
    gift_id: str = ID_MARK,
    room_id: str | None = None,
) -> str:
    """The body of a request that sends one piece of an item to the creator.

    To a video, unless there is a live room.
    """
    return _body(
        "SendGift",
        documents()["SendGift"],
        {
            "input": {
                "giftId": gift_id,
                "itemId": item_id,
                "count": 1,
                "creatorId": creator,
                "target": {"videoId": "v1"} if room_id is None else {"roomId": room_id},
                "quotedPriceCoins": price_coins,
            }
        },
    )


def undo_gift(gift_id: str) -> str:
    """The body of a request that undoes a gift."""
    return _body("UndoGift", documents()["UndoGift"], {"input": {"giftId": gift_id}})


def overview(person: str) -> str:
    """The body of a request for a person's own balance, gifts and earnings."""
    return _body("Overview", OVERVIEW, {"id": person})


def _body(operation: str, document: str, variables: Mapping[str, object]) -> str:
    return json.dumps({"query": document, "operationName": operation, "variables": variables})
