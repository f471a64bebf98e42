"""Replays a wallet's committed history on the naive model and compares every answer."""

from chassis import sql
from chassis.db import Conn, Pool, Record
from wallet.testing.model import Model, ModelAnswer, ModelCharge, ModelLot

STATEMENTS = sql.load("wallet.testing", "replay.sql")


async def replay(conn: Conn | Pool) -> list[str]:
    """What the model would have answered differently; empty when the ledger is right."""
    model = Model()
    wrong: list[str] = []
    for row in await conn.fetch(STATEMENTS["select_history"]):
        expected, recorded = _answer(model, row)
        if expected != recorded:
            wrong.append(f"{row['movement_id']}: {recorded}, the model says {expected}")
    return wrong


def _answer(model: Model, row: Record) -> tuple[object, object]:
    """The model's answer to the next movement, and the one recorded."""
    owner, coins = row["owner_id"], row["coins"]
    match row["kind"]:
        case "charge":
            charge = ModelCharge(row["movement_id"], owner, -coins, row["order_key"])
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
        return ModelAnswer(row["outcome"], balance=row["balance_coins"])
    if row["lot_ids"] is None:
        return ModelAnswer("posted", ((row["lot_id"], -row["coins"]),))
    return ModelAnswer("posted", tuple(zip(row["lot_ids"], row["lot_coins"], strict=True)))
