"""What frames tell of battles."""

from datetime import datetime, timedelta

from contracts.gifts.live import FrameBattle, FrameBattleSide
from gifts.domain.battle import Battle
from gifts.domain.battle_roll import seed_hash


def battle_shown(battle: Battle, at: datetime) -> FrameBattle | None:
    """How a battle stands at a time; None: it ended so long ago that nobody asks.

    The seed is told with the result and never before.
    """
    if battle.started_at is None or battle.ends_at is None or battle.seed is None:
        return None
    if battle.ended and at >= battle.ended.at + timedelta(seconds=battle.rules.shown_s):
        return None
    winner = None
    if battle.winner in {"left", "right"}:
        winner = battle.room_ids[0 if battle.winner == "left" else 1]
    return FrameBattle(
        battle_id=battle.battle_id,
        status="RUNNING" if battle.ended is None else "ENDED",
        sides=(_side(battle, 0, at), _side(battle, 1, at)),
        started_at=battle.started_at,
        ends_at=battle.ends_at,
        seed_hash=seed_hash(battle.seed).hex(),
        seed=None if battle.ended is None else battle.seed.hex(),
        winner_room_id=winner,
        flagged=battle.is_flagged,
    )


def _side(battle: Battle, side: int, at: datetime) -> FrameBattleSide:
    standing = battle.sides[side]
    points = battle.shown_points(side, at)
    multiplied_until = battle.holds_until(side, "GLOVE", at)
    return FrameBattleSide(
        room_id=standing.room_id,
        creator_id=standing.creator_id,
        points=points,
        hidden_until=battle.holds_until(side, "MIST", at) if points is None else None,
        multiplier=1 if multiplied_until is None else battle.rules.glove_multiplier,
        multiplied_until=multiplied_until,
        hammering_until=battle.holds_until(side, "STUN_HAMMER", at),
        hits=standing.hits,
        combos=standing.combos,
    )
