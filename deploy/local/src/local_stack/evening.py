"""An evening on Largesse, played through the public GraphQL and the payment page.

Three creators opt in and go live. Fifty viewers buy coins, send gifts to videos and in rooms, and
then the star's room catches fire. One viewer wants more than the coins allow; one is unsure whether
a gift went through, and sends it again under the same id. In the end money is taken back and paid
out, some of it to an agency and the tax office, rooms close, and the creator who was paid gets a
statement.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.ids import uuid7
from local_stack.buying import Bought, buy
from local_stack.client import Client
from local_stack.money import PAID_CREATOR, Money, Partners, settle_up
from local_stack.problem import LocalProblemError
from local_stack.stating import Stated, state
from local_stack.tax_table import TaxTable
from local_stack.waiting import expect, wait

STAR = "nova"
CREATORS = (STAR, "milo", "aria")
VIEWERS = tuple(f"viewer-{number:02}" for number in range(1, 51))
SHORT_VIEWER = "viewer-49"
RETRYING_VIEWER = "viewer-50"
BURST_GIFTS = 2_000
GOAL_COINS = 1_000
"""What each hopes for in their room."""
REGRETFUL_VIEWERS = ("viewer-01", "viewer-02")
"""Whose payments are taken back, when some of their coins are spent."""

_CALLERS = 32

type Token = Callable[[str, str], str]
"""A token for a user with these scopes."""
type Say = Callable[[str], None]


@dataclass(slots=True)
class Evening:
    """What happened, as the front ends saw it."""

    coins_bought: Counter[str] = field(default_factory=Counter[str])
    """By viewer, bonus included."""
    coins_spent: Counter[str] = field(default_factory=Counter[str])
    gifts_sent: Counter[str] = field(default_factory=Counter[str])
    """By creator."""
    coins_received: Counter[str] = field(default_factory=Counter[str])
    refusals: Counter[str] = field(default_factory=Counter[str])
    """By code."""
    replayed: int = 0
    """Gifts that were sent again under the same id and not charged again."""
    burst_s: float = 0
    balances: dict[str, int] = field(default_factory=dict[str, int])
    """By viewer, at the end."""
    earnings: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """By creator, at the end."""
    rooms: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """What was given in creators' rooms, by creator."""
    room_ids: dict[str, str] = field(default_factory=dict[str, str])
    """By creator."""
    last_gift_id: str = ""
    purchases: dict[str, Bought] = field(default_factory=dict[str, Bought])
    """By viewer."""
    money: Money = field(default_factory=Money)
    stated: Stated | None = None


async def play(
    client: Client, token: Token, say: Say, partners: Partners, tax_table: TaxTable
) -> Evening:
    """Play the evening.

    Args:
        client: Asks the gateway.
        token: Makes tokens.
        say: Tells of progress.
        partners: The payment provider and the bank, who do what they are told.
        tax_table: What is withheld of payouts, now or soon.

    Raises:
        GatewayError: The gateway answered with an error where none belongs.
        LocalProblemError: Something that was accepted did not come about in time.
    """
    evening = Evening()
    stage = _Stage(client, token, say, evening)
    await stage.open_doors()
    await stage.buy_coins()
    await stage.give_to_videos_and_rooms()
    await stage.burst()
    await stage.fall_short()
    await stage.send_twice()
    regretful = {viewer: evening.purchases[viewer] for viewer in REGRETFUL_VIEWERS}
    evening.money = await settle_up(client, token, say, partners, regretful, tax_table)
    await stage.close()
    await stage.close_rooms()
    await stage.state()
    return evening


class _Stage:
    def __init__(self, client: Client, token: Token, say: Say, evening: Evening) -> None:
        self._client = client
        self._say = say
        self._evening = evening
        self._viewer_tokens = {viewer: token(viewer, "viewer") for viewer in VIEWERS}
        self._creator_tokens = {creator: token(creator, "viewer creator") for creator in CREATORS}
        self._items: list[Mapping[str, Any]] = []
        self._rooms = {creator: str(uuid7()) for creator in CREATORS}

    async def open_doors(self) -> None:
        for creator in CREATORS:
            answer = await self._client.ask(
                "AcceptGifts", self._creator_tokens[creator], input={"accept": True}
            )
            expect(answer, "AcceptGiftsPayload")
            opened = await self._client.ask(
                "OpenRoom",
                self._creator_tokens[creator],
                input={
                    "roomId": self._rooms[creator],
                    "title": f"An evening with {creator}",
                    "goal": {"coins": GOAL_COINS},
                },
            )
            expect(opened, "OpenRoomPayload")
        self._evening.room_ids = self._rooms
        self._say(f"{len(CREATORS)} creators accept gifts in live rooms: {', '.join(CREATORS)}")
        catalogue = await self._client.ask("GiftCatalogue")
        self._items = sorted(catalogue["items"]["nodes"], key=lambda item: item["priceCoins"])

    async def buy_coins(self) -> None:
        bundles = (await self._client.ask("Bundles"))["nodes"]
        # Enough for everyone's evening, from the smallest bundle that is to the third above it.
        useful = sorted(
            (bundle for bundle in bundles if bundle["coins"] >= 500), key=lambda b: b["coins"]
        )[:3]
        began = time.monotonic()
        await _all_of(
            self._buy(viewer, useful[number % len(useful)]) for number, viewer in enumerate(VIEWERS)
        )
        total = self._evening.coins_bought.total()
        self._say(
            f"{len(VIEWERS)} viewers bought {total:,} coins ({time.monotonic() - began:.1f} s)"
        )

    async def _buy(self, viewer: str, bundle: Mapping[str, Any]) -> None:
        bought = await buy(self._client, self._viewer_tokens[viewer], viewer, bundle)
        self._evening.coins_bought[viewer] += bundle["coins"] + bundle["bonusCoins"]
        self._evening.purchases[viewer] = bought

    async def give_to_videos_and_rooms(self) -> None:
        modest = [item for item in self._items if item["priceCoins"] <= 25]
        targets = [
            *((creator, {"videoId": f"{creator}-video-1"}) for creator in CREATORS),
            *((creator, {"roomId": self._rooms[creator]}) for creator in CREATORS),
        ]
        await _all_of(
            self._give(
                viewer,
                *targets[(number + turn) % len(targets)],
                modest[number % len(modest)],
                count=1 + number % 3,
            )
            for number, viewer in enumerate(VIEWERS)
            for turn in range(4)
        )
        self._say(
            f"{self._evening.gifts_sent.total():,} gifts to videos and in rooms,"
            f" {self._evening.coins_spent.total():,} coins"
        )

    async def burst(self) -> None:
        small = [item for item in self._items if item["priceCoins"] <= 5]
        began = time.monotonic()
        before = self._evening.gifts_sent.total()
        await _all_of(
            self._give(
                VIEWERS[number % len(VIEWERS)], STAR, {"roomId": self._rooms[STAR]}, item, count=1
            )
            for number, item in enumerate(random.choices(small, k=BURST_GIFTS))
        )
        self._evening.burst_s = time.monotonic() - began
        sent = self._evening.gifts_sent.total() - before
        self._say(
            f"{sent:,} gifts to {STAR} in one burst:"
            f" {self._evening.burst_s:.1f} s, {sent / self._evening.burst_s:,.0f} gifts/s"
        )

    async def fall_short(self) -> None:
        dearest = self._items[-1]
        me = await self._client.ask("Me", self._viewer_tokens[SHORT_VIEWER])
        count = me["balance"]["coins"] // dearest["priceCoins"] + 1
        target = {"roomId": self._rooms["milo"]}
        gift = await self._give(SHORT_VIEWER, "milo", target, dearest, count=count)
        if gift is not None:
            raise LocalProblemError(f"{SHORT_VIEWER} was given a gift that they cannot pay for")
        self._say(f"{SHORT_VIEWER} could not pay for {count} × {dearest['name']}: refused")

    async def send_twice(self) -> None:
        target = {"videoId": "aria-video-1"}
        gift_id = str(uuid7())
        for _ in range(2):
            await self._give(RETRYING_VIEWER, "aria", target, self._items[0], 1, gift_id)
        if self._evening.replayed != 1:
            raise LocalProblemError(f"gift {gift_id}, sent twice, was not recognised")
        self._say(f"{RETRYING_VIEWER} sent one gift twice under one id: charged once")

    async def _give(
        self,
        viewer: str,
        creator: str,
        target: Mapping[str, str],
        item: Mapping[str, Any],
        count: int,
        gift_id: str | None = None,
    ) -> Mapping[str, Any] | None:
        """Send one gift and see it through; returns it, or None if it was refused."""
        token = self._viewer_tokens[viewer]
        gift_id = gift_id or str(uuid7())
        answer = await self._client.ask(
            "SendGift",
            token,
            input={
                "giftId": gift_id,
                "itemId": item["id"],
                "count": count,
                "creatorId": creator,
                "target": target,
                "quotedPriceCoins": item["priceCoins"] * count,
            },
        )
        if answer["__typename"] != "SendGiftPayload":
            self._evening.refusals[answer["code"]] += 1
            return None
        gift = answer["gift"]
        if gift["status"] == "PENDING":
            gift = await self._settled(token, gift_id)
        if gift["status"] == "REFUSED":
            self._evening.refusals[gift["refusal"]["code"]] += 1
            return None
        if answer["replayed"]:
            self._evening.replayed += 1
            return gift
        self._evening.gifts_sent[creator] += 1
        self._evening.coins_received[creator] += gift["priceCoins"]
        self._evening.coins_spent[viewer] += gift["priceCoins"]
        self._evening.last_gift_id = gift_id
        return gift

    async def _settled(self, token: str, gift_id: str) -> Mapping[str, Any]:
        found: dict[str, Any] = {}

        async def settled() -> bool:
            found.update(await self._client.ask("Gift", token, id=gift_id))
            return found["status"] != "PENDING"

        await wait(settled, f"gift {gift_id} is charged or refused")
        return found

    async def close(self) -> None:
        """Wait until every gift has reached its creator's earnings, and read what is shown."""
        for viewer in VIEWERS:
            me = await self._client.ask("Me", self._viewer_tokens[viewer])
            self._evening.balances[viewer] = me["balance"]["coins"]
        for creator in CREATORS:
            seen: list[Mapping[str, Any]] = []

            async def at_rest(creator: str = creator, seen: list[Any] = seen) -> bool:
                seen.append(
                    await self._client.ask("Creator", self._creator_tokens[creator], id=creator)
                )
                lately = [entry["earnings"]["lifetime"]["microDiamonds"] for entry in seen[-10:]]
                return len(lately) == 10 and len(set(lately)) == 1 and lately[-1] > 0

            await wait(at_rest, f"the earnings of {creator} come to rest")
            self._evening.earnings[creator] = seen[-1]

    async def close_rooms(self) -> None:
        """End the live evening: what was given in each room, without what was taken back."""
        for creator in CREATORS:
            answer = await self._client.ask(
                "CloseRoom",
                self._creator_tokens[creator],
                input={"roomId": self._rooms[creator]},
            )
            expect(answer, "CloseRoomPayload")
            self._evening.rooms[creator] = answer["room"]["summary"]
        given = self._evening.rooms[STAR]
        self._say(
            f"{STAR}'s room closed: {given['gifts']:,} gifts of {given['gifters']:,} viewers,"
            f" {given['coins']:,} coins"
        )

    async def state(self) -> None:
        """Let the creator who was paid look at the month's statement, and download it."""
        earnings = self._evening.earnings[PAID_CREATOR]["earnings"]
        token = self._creator_tokens[PAID_CREATOR]
        self._evening.stated = await state(self._client, token, PAID_CREATOR, earnings)
        self._say(f"{PAID_CREATOR} downloaded a statement: the file is the one whose hash it tells")


async def _all_of(work: Iterable[Awaitable[object]]) -> None:
    """Do everything, a limited number at a time; the first error ends it."""
    waiting = iter(work)

    async def caller() -> None:
        for item in waiting:
            await item

    async with asyncio.TaskGroup() as group:
        for _ in range(_CALLERS):
            group.create_task(caller())
