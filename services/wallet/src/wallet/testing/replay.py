"""Replays a wallet's committed history on the naive model and compares every answer."""

from collections import defaultdict, deque
from copy import deepcopy
from datetime import timedelta
from operator import itemgetter

from chassis import sql
from chassis.db import Conn, Pool, Record
from wallet.testing.model import (
    Model,
    ModelAnswer,
    ModelCaps,
    ModelCharge,
    ModelLimits,
    ModelLot,
    ModelTerms,
)

STATEMENTS = sql.load("wallet.testing", "replay.sql")


async def replay(conn: Conn | Pool) -> list[str]:
    """What the model would have done differently; empty when the ledger is right."""
    model = Model()
    wrong: list[str] = []
    changes: dict[str, deque[Record]] = defaultdict(deque)
    limits = await conn.fetch(STATEMENTS["select_limits_set"])
    undone = await conn.fetch(STATEMENTS["select_undone"])
    for row in sorted([*limits, *undone], key=itemgetter("account_version", "set_at")):
        changes[row["owner_id"]].append(row)
    for row in await conn.fetch(STATEMENTS["select_history"]):
        waiting = changes[row["owner_id"]]
        while waiting and waiting[0]["account_version"] < row["version"]:
            wrong += _change(model, waiting.popleft())
        # A refusal moves no coins, so that nothing tells whether it came before a change of limits,
        # or an undo, that met the same version of the account: it is right if one of both says so.
        while row["outcome"] != "posted" and _met(waiting, row):
            expected, recorded = _answer(deepcopy(model), row)
            if expected == recorded:
                break
            wrong += _change(model, waiting.popleft())
        expected, recorded = _answer(model, row)
        if expected != recorded:
            wrong.append(f"{row['movement_id']}: {recorded}, the model says {expected}")
    for waiting in changes.values():
        for change in waiting:
            wrong += _change(model, change)
    return wrong


def _met(waiting: deque[Record], refused: Record) -> bool:
    return bool(waiting) and waiting[0]["account_version"] == refused["version"]


def _change(model: Model, change: Record) -> list[str]:
    """Set limits, or undo a charge."""
    if "charge_id" not in change:
        return _set_limits(model, change)
    model.undo(change["owner_id"], change["charge_id"], change["coins"])
    return []


def _set_limits(model: Model, change: Record) -> list[str]:
    """What the model makes of a change of limits, if it is something else."""
    terms = ModelTerms(change["day_coins"], change["week_coins"], change["creator_day_coins"])
    recorded = ModelLimits(now=terms)
    if change["pending_from"] is not None:
        later = ModelTerms(
            change["pending_day_coins"],
            change["pending_week_coins"],
            change["pending_creator_day_coins"],
        )
        recorded = ModelLimits(terms, later, change["pending_from"])
    expected = model.set_limits(
        change["owner_id"],
        terms if recorded.later_from is None else recorded.later,
        change["set_at"],
        raised=timedelta(hours=change["raise_after_hours"]),
        removed=timedelta(hours=change["remove_after_hours"]),
    )
    if expected == recorded:
        return []
    return [f"limits of {change['owner_id']}: {recorded}, the model says {expected}"]


def _answer(model: Model, row: Record) -> tuple[object, object]:
    """The model's answer to the next movement, and the one recorded."""
    owner, coins = row["owner_id"], row["coins"]
    match row["kind"]:
        case "charge":
            caps = None
            if row["caps_id"] is not None:
                caps = ModelCaps(row["cap_charge"], row["cap_day"], row["cap_week"])
            charge = ModelCharge(row["movement_id"], owner, -coins, row["order_key"], caps)
            return model.charge(charge, row["posted_at"]), _recorded(row)
        case "expiry":
            wallet = model.wallet(owner)
            lot = next(lot for lot in wallet.lots if lot.lot_id == row["lot_id"])
            expected = (
                -lot.left,
                lot.expires_at is not None and lot.expires_at <= row["posted_at"],
            )
            lot.left = 0
            wallet.version += 1
            return expected, (coins, True)
        case "reversal" | "repayment" | "reinstatement" | "debt":
            model.adjust(owner, row["lot_id"], coins)
            wallet = model.wallet(owner)
            if row["debt_coins"] is not None:
                wallet.debt = row["debt_coins"]
            return (wallet.balance, wallet.version), (row["balance_coins"], row["version"])
        case _:
            lot = ModelLot(row["lot_id"], row["class"], coins, row["expires_at"])
            model.credit(owner, lot)
            wallet = model.wallet(owner)
            return (wallet.balance, wallet.version), (row["balance_coins"], row["version"])


def _recorded(row: Record) -> ModelAnswer:
    if row["outcome"] != "posted":
        reached = None
        if row["limit_coins"] is not None:
            reached = (row["limit_coins"], row["spent_coins"], row["frees_up_at"])
        return ModelAnswer(row["outcome"], balance=row["balance_coins"], reached=reached)
    if row["lot_ids"] is None:
        return ModelAnswer("posted", ((row["lot_id"], -row["coins"]),))
    return ModelAnswer("posted", tuple(zip(row["lot_ids"], row["lot_coins"], strict=True)))
