"""Bank details and tax numbers are nowhere but under seal: not in the database, events, logs or
answers."""

import json
from typing import Any

import pytest

from chassis import outbox
from chassis.auth import Viewer
from chassis.graphql import Executor, Operation
from chassis.ids import uuid7
from chassis.telemetry import logs
from chassis.testing.databases import Database
from local_stack.operations import documents
from payouts.commands.known_rates import KnownRates
from payouts.edge.payout_run import PayoutRun
from payouts.graphql.context import PayoutsContext
from payouts.graphql.schema import SCHEMA
from payouts.rails.sandbox_bank import SandboxBank
from payouts.sealing import Sealer
from payouts.testing.paying import CREATOR, LINKS, NOW, earn, review

ACCOUNT, BANK_CODE, HOLDER = "77345098127", "PLANTD33", "Planted Holder"
TAX_ID = "PLNT83561TX"
PLANTED = tuple(
    form
    for value in (ACCOUNT, BANK_CODE, HOLDER, TAX_ID)
    # Bytes are dumped as hexadecimal digits.
    for form in (value, value.encode().hex(), value[::-1], value.lower())
)
EXECUTOR = Executor(SCHEMA)


async def answer(database: Database, sealer: Sealer, operation: str, body: object) -> Any:
    context = PayoutsContext.of(
        Viewer(CREATOR, frozenset({"creator"})),
        "request-1",
        pool=database.pool,
        rates=KnownRates(),
        sealer=sealer,
        links=LINKS,
        now=lambda: NOW,
    )
    return await EXECUTOR.run(Operation(documents()[operation], {"input": body}), context)


async def dump(database: Database) -> str:
    """Every row of every table as text, and every event as it is published."""
    tables = await database.pool.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    rows: list[str] = []
    for table in tables:
        name = table["tablename"]
        found = await database.pool.fetch(f'SELECT t::text AS row FROM "{name}" AS t')  # noqa: S608
        rows += [row["row"] for row in found]
    for row in await database.pool.fetch("SELECT records FROM outbox"):
        rows += [repr(record) for record in outbox.unpack(row["records"])]
    return "\n".join(rows)


async def test_a_planted_account_is_found_nowhere(
    database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    """Added, refused, replayed, paid from; the seal does not open, the bank does not answer."""
    logs.configure("payouts", "test", "json")
    await earn(database.pool, 20_000)
    await review(database.pool)
    details = {"country": "US", "currency": "USD", "holder": HOLDER}
    details |= {"account": ACCOUNT, "bankCode": BANK_CODE}
    method = {"methodId": str(uuid7()), "rail": "sandbox_bank", "details": details}
    good, other = Sealer([bytes(32)]), Sealer([bytes([1]) * 32])
    form = {"formId": str(uuid7()), "kind": "W8BEN", "country": "IN", "taxId": TAX_ID}
    payout = {"payoutId": str(uuid7()), "methodId": method["methodId"]}

    answers = [
        await answer(database, good, "AddPayoutMethod", method),
        await answer(database, good, "AddPayoutMethod", method),
        await answer(database, good, "AddPayoutMethod", method | {"rail": "pigeon"}),
        await answer(
            database,
            good,
            "AddPayoutMethod",
            method | {"details": details | {"account": ACCOUNT + "x"}},
        ),
        await answer(database, other, "AddPayoutMethod", method),
        await answer(database, good, "RequestPayout", payout | {"microDiamonds": 2_000_000_000}),
        await answer(database, good, "SubmitTaxForm", form),
        await answer(database, good, "SubmitTaxForm", form),
        await answer(database, good, "SubmitTaxForm", form | {"country": "DE"}),
        await answer(database, good, "SubmitTaxForm", form | {"taxId": TAX_ID + "/"}),
        await answer(database, other, "SubmitTaxForm", form),
    ]

    deaf = SandboxBank(url="http://127.0.0.1:1", api_key="key")
    await PayoutRun(database.pool, {deaf.name: deaf}, good, now=lambda: NOW).once()
    await deaf.close()

    assert [next(iter(each["data"].values()))["__typename"] for each in answers[6:10]] == [
        "SubmitTaxFormPayload",
        "SubmitTaxFormPayload",
        "IdempotencyConflict",
        "TaxFormInvalid",
    ]
    assert answers[10]["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert answers[4]["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    printed = capfd.readouterr()
    assert "graphql_error_masked" in printed.out + printed.err
    assert "rail_unavailable" in printed.out + printed.err
    everything = "\n".join(
        [json.dumps(answers, default=str), printed.out, printed.err, await dump(database)]
    )
    assert method["methodId"] in everything
    assert form["formId"] in everything
    assert [value for value in PLANTED if value in everything] == []
