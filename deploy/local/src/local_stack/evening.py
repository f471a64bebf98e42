"""An evening on Largesse, played through the public GraphQL and the payment page.

Three creators opt in and go live. Fifty viewers buy coins, send gifts to videos and in rooms, and
then the star's room catches fire: two rooms have a battle, one viewer taps a streak, the goal is
reached, and a screen shows it all. One viewer wants more than the coins allow; one does not know
whether a gift went through, and sends it again under the same id. In the end money is taken back
and paid out, some of it to an agency and the tax office, rooms close, and the creator who was paid
gets a statement. What the screen has shown must be what was given.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from chassis.ids import uuid7
from local_stack.battling import Battle, Host
from local_stack.board import Board
from local_stack.buying import buy
from local_stack.client import Client
from local_stack.giving import Refused, Sent, give
from local_stack.live_room import LiveRoom
from local_stack.money import PAID_CREATOR, Partners, settle_up
from local_stack.outcome import CREATORS, RIVAL, STAR, Evening
from local_stack.problem import LocalProblemError
from local_stack.stating import state
from local_stack.tax_table import TaxTable
from local_stack.waiting import expect, wait

VIEWERS = tuple(f"viewer-{number:02}" for number in range(1, 51))
SHORT_VIEWER = "viewer-49"
RETRYING_VIEWER = "viewer-50"
TAPPING_VIEWER = "viewer-03"
TAPS = 12
CHEERING_VIEWERS = ("viewer-06", "viewer-09", "viewer-12")
"""Who give to the rival in the battle."""
BURST_GIFTS = 2_000
GOAL_COINS = 1_000
"""What each hopes for in their room."""
REGRETFUL_VIEWERS = ("viewer-01", "viewer-02")
"""Whose payments are taken back, when some of their coins are spent: on videos, so that all that is
shown in the star's room stays."""

SHY_VIEWERS = frozenset(VIEWERS[::5])
"""Who do not agree to be named where gifts are shown."""

_CALLERS = 32

type Token = Callable[[str, str], str]
"""A token for a user with these scopes."""
type Say = Callable[[str], None]


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
    try:
        await stage.buy_coins()
        await stage.agree_to_be_named()
        await stage.give_to_videos_and_rooms()
        await stage.begin_battle()
        await stage.tap()
        await stage.burst()
        await stage.fall_short()
        await stage.send_twice()
        await stage.look_at_the_screen()
        regretful = {viewer: evening.purchases[viewer] for viewer in REGRETFUL_VIEWERS}
        evening.money = await settle_up(client, token, say, partners, regretful, tax_table)
        await stage.close()
        await stage.close_rooms()
        await stage.look_at_board()
    finally:
        await stage.live.screen.switch_off()
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
        self.live = LiveRoom(client, self._rooms[STAR])
        self._battle = Battle(client, self._host(STAR), self._host(RIVAL))
        self._tapped: list[Sent] = []
        tapping_token = self._viewer_tokens[TAPPING_VIEWER]
        self._board = Board(client, STAR, TAPPING_VIEWER, tapping_token)

    def _host(self, creator: str) -> Host:
        return Host(creator, self._creator_tokens[creator], self._rooms[creator])

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
        await self.live.screen.switch_on()
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

    async def agree_to_be_named(self) -> None:
        named = [viewer for viewer in VIEWERS if viewer not in SHY_VIEWERS]
        await _all_of(
            self._client.ask("ShowMeOnBoards", self._viewer_tokens[viewer], input={"show": True})
            for viewer in named
        )
        await self._board.note()
        self._say(f"{len(named)} of {len(VIEWERS)} viewers agree to be named on boards")

    async def give_to_videos_and_rooms(self) -> None:
        modest = [item for item in self._items if item["priceCoins"] <= 25]
        videos = [(creator, {"videoId": f"{creator}-video-1"}) for creator in CREATORS]
        rooms = [(creator, {"roomId": self._rooms[creator]}) for creator in CREATORS]

        def target(viewer: str, turn: int) -> tuple[str, dict[str, str]]:
            among = videos if viewer in REGRETFUL_VIEWERS else [*videos, *rooms]
            return among[turn % len(among)]

        await _all_of(
            self._give(
                viewer,
                *target(viewer, number + turn),
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

    async def begin_battle(self) -> None:
        """It goes on for a while: whatever comes next counts in it."""
        await self._battle.begin()
        await self._battle.use_gloves()
        self._say(f"{STAR} and {RIVAL} have a battle, and each has tried a glove")

    async def tap(self) -> None:
        """One viewer taps a streak, on something that nobody else gives; others cheer the rival."""
        item = next(each for each in self._items if each["streakable"] and each["priceCoins"] > 25)
        for _ in range(TAPS):
            gift = await self._give(
                TAPPING_VIEWER, STAR, {"roomId": self._rooms[STAR]}, item, count=1
            )
            if gift is None:
                raise LocalProblemError(f"{TAPPING_VIEWER} could not tap {item['name']}")
            self._tapped.append(gift)
        for viewer in CHEERING_VIEWERS:
            await self._give(viewer, RIVAL, {"roomId": self._rooms[RIVAL]}, item, count=1)
        self._say(f"{TAPPING_VIEWER} tapped {item['name']} {TAPS} times in {STAR}'s room")

    async def burst(self) -> None:
        small = [item for item in self._items if item["priceCoins"] <= 5]
        began = time.monotonic()
        before = self._evening.gifts_sent.total()

        def target(viewer: str) -> dict[str, str]:
            if viewer in REGRETFUL_VIEWERS:
                return {"videoId": f"{STAR}-video-1"}
            return {"roomId": self._rooms[STAR]}

        givers = [VIEWERS[number % len(VIEWERS)] for number in range(BURST_GIFTS)]
        items = random.choices(small, k=BURST_GIFTS)
        await _all_of(
            self._give(viewer, STAR, target(viewer), item, count=1)
            for viewer, item in zip(givers, items, strict=True)
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

    async def look_at_the_screen(self) -> None:
        await self.live.shows_all(self._given_to(STAR))
        self._say(f"the screen shows all that was given in {STAR}'s room")

    def _given_to(self, *creators: str) -> list[Sent]:
        """In their rooms."""
        rooms = {self._rooms[creator] for creator in creators}
        return [gift for gift in self._evening.sent if gift.room_id in rooms]

    async def _give(
        self,
        viewer: str,
        creator: str,
        target: Mapping[str, str],
        item: Mapping[str, Any],
        count: int,
        gift_id: str | None = None,
    ) -> Sent | None:
        """Send one gift and see it through; None if it was refused."""
        token = self._viewer_tokens[viewer]
        gift = await give(self._client, token, viewer, creator, target, item, count, gift_id)
        evening = self._evening
        if isinstance(gift, Refused):
            evening.refusals[gift.code] += 1
            return None
        if gift.replayed:
            evening.replayed += 1
            return gift
        evening.gifts_sent[creator] += 1
        evening.coins_received[creator] += gift.coins
        evening.coins_spent[viewer] += gift.coins
        evening.last_gift_id = gift.gift_id
        evening.sent.append(gift)
        return gift

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
        """End the live evening: the battle has its result, and the screen has shown everything."""
        battle = await self._battle.result(self.live.screen, self._given_to(STAR, RIVAL))
        summaries: dict[str, Mapping[str, int]] = {}
        for creator in CREATORS:
            answer = await self._client.ask(
                "CloseRoom",
                self._creator_tokens[creator],
                input={"roomId": self._rooms[creator]},
            )
            expect(answer, "CloseRoomPayload")
            summaries[creator] = answer["room"]["summary"]
        shown = await self.live.end(self._given_to(STAR), summaries[STAR], self._tapped, battle)
        self._evening.shown = shown
        self._say(
            f"{STAR}'s room closed: {shown.gifts:,} gifts of {shown.gifters:,} viewers,"
            f" {shown.coins:,} coins; {battle.winner or 'nobody'} won the battle"
        )

    async def look_at_board(self) -> None:
        """It has what one viewer gave tonight, and no name of those who did not agree."""
        self._evening.board = await self._board.check(self._evening.sent, SHY_VIEWERS)
        self._say(f"{STAR}'s board has what {TAPPING_VIEWER} gave, and names who agreed to it")

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
