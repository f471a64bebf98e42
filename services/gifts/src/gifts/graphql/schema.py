"""The subgraph's schema."""

import strawberry

from chassis.graphql import requires_scope, schema
from gifts.graphql.message import MODERATOR
from gifts.graphql.mutations.accept_battle import accept_battle
from gifts.graphql.mutations.accept_gifts import accept_gifts
from gifts.graphql.mutations.accept_room_gifts import accept_room_gifts
from gifts.graphql.mutations.block_gifter import block_gifter, unblock_gifter
from gifts.graphql.mutations.close_room import close_room
from gifts.graphql.mutations.keep_room_open import keep_room_open
from gifts.graphql.mutations.open_room import open_room
from gifts.graphql.mutations.propose_battle import propose_battle
from gifts.graphql.mutations.remove_gift_message import remove_gift_message
from gifts.graphql.mutations.send_gift import send_gift
from gifts.graphql.mutations.show_gift_message import show_gift_message
from gifts.graphql.mutations.show_me_on_boards import show_me_on_boards
from gifts.graphql.mutations.undo_gift import undo_gift
from gifts.graphql.mutations.use_power_up import use_power_up
from gifts.graphql.query import Query


@strawberry.type(description="Writes.")
class Mutation:
    """One file each in `mutations`."""

    accept_gifts = strawberry.mutation(
        accept_gifts,
        description="Switch receiving gifts on or off. The caller becomes a creator.",
        extensions=[requires_scope("creator")],
    )
    send_gift = strawberry.mutation(
        send_gift,
        description=(
            "Send a gift. Answers when it is SENT or refused, or after 2 s that it is PENDING: "
            "`gift(id)` tells later. Safe to retry with the same giftId."
        ),
        extensions=[requires_scope("viewer")],
    )
    show_me_on_boards = strawberry.mutation(
        show_me_on_boards,
        description=(
            "Agree to be named on boards and in live rooms, or no longer. Counts at once, and for "
            "gifts sent before. Who never decided is not named."
        ),
        extensions=[requires_scope("viewer")],
    )
    undo_gift = strawberry.mutation(
        undo_gift,
        description=(
            "Take a gift of the caller's back while `undoableUntil` is not over, or while it is "
            "PENDING. Its coins and all that it counted for are as if it had never been. Safe to "
            "retry."
        ),
        extensions=[requires_scope("viewer")],
    )
    open_room = strawberry.mutation(
        open_room,
        description=(
            "Open a live room, in which gifts can be sent to the caller: one at a time. Safe to "
            "retry with the same roomId."
        ),
        extensions=[requires_scope("creator")],
    )
    close_room = strawberry.mutation(
        close_room,
        description="Close a live room of the caller's for good. Safe to retry.",
        extensions=[requires_scope("creator")],
    )
    keep_room_open = strawberry.mutation(
        keep_room_open,
        description=(
            "A sign of life of a room's host, best once a minute: without one, or a gift, a room "
            "closes itself after ten minutes."
        ),
        extensions=[requires_scope("creator")],
    )
    propose_battle = strawberry.mutation(
        propose_battle,
        description=(
            "Propose a battle to the host of another room. Safe to retry with the same battleId."
        ),
        extensions=[requires_scope("creator")],
    )
    accept_battle = strawberry.mutation(
        accept_battle,
        description=(
            "Accept a battle that was proposed to a room of the caller's, which begins it. Safe to "
            "retry."
        ),
        extensions=[requires_scope("creator")],
    )
    use_power_up = strawberry.mutation(
        use_power_up,
        description=(
            "Use a power-up in a battle of the caller's. Safe to retry with the same powerUpId."
        ),
        extensions=[requires_scope("creator")],
    )
    accept_room_gifts = strawberry.mutation(
        accept_room_gifts,
        description="Switch gifts to an open room of the caller's on or off. Safe to retry.",
        extensions=[requires_scope("creator")],
    )
    block_gifter = strawberry.mutation(
        block_gifter,
        description=(
            "Take no gifts from somebody any more. Gifts under way still come. Safe to retry."
        ),
        extensions=[requires_scope("creator")],
    )
    unblock_gifter = strawberry.mutation(
        unblock_gifter,
        description="Take gifts from somebody again. Safe to retry.",
        extensions=[requires_scope("creator")],
    )
    remove_gift_message = strawberry.mutation(
        remove_gift_message,
        description=(
            "Show what was written with a gift to nobody any more, on no screen either. The gift "
            "counts, and no money goes back. Safe to retry."
        ),
        extensions=[requires_scope(MODERATOR)],
    )
    show_gift_message = strawberry.mutation(
        show_gift_message,
        description=(
            "Show again what was written with a gift and was withheld or removed by mistake: with "
            "the gift and in lists, but in no frame that was told before. Safe to retry."
        ),
        extensions=[requires_scope(MODERATOR)],
    )


SCHEMA = schema(query=Query, mutation=Mutation)
