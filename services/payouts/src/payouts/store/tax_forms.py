"""Tax forms as they lie in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import sql
from chassis.db import Conn, Record
from payouts.domain.tax_form import FormKind, FormStatus, TaxForm

STATEMENTS = sql.load("payouts.store", "tax_forms.sql")


async def insert_form(conn: Conn, form: TaxForm, *, sealed_tax_id: bytes) -> bool:
    """Keep a form of its creator's; False where the id is taken."""
    return (
        await conn.fetchval(
            STATEMENTS["insert_form"],
            form.form_id,
            form.creator_id,
            form.kind,
            form.country,
            form.claims_treaty,
            form.display,
            sealed_tax_id,
            form.submitted_at,
            form.valid_until,
        )
        is not None
    )


async def find_form(conn: Conn, form_id: UUID) -> TaxForm | None:
    """A form, whoever's."""
    row = await conn.fetchrow(STATEMENTS["find_form"], form_id)
    return None if row is None else _form(row)


async def find_sealed_tax_id(conn: Conn, form_id: UUID) -> bytes | None:
    """Its number, sealed."""
    return await conn.fetchval(STATEMENTS["find_sealed_tax_id"], form_id)


async def find_form_that_counts(conn: Conn, creator_id: str) -> TaxForm | None:
    """The creator's newest form that was ever verified."""
    row = await conn.fetchrow(STATEMENTS["find_form_that_counts"], creator_id)
    return None if row is None else _form(row)


async def update_form(
    conn: Conn, form: TaxForm, status: FormStatus, *, at: datetime, actor: str, reason: str
) -> bool:
    """Move a form on; False where it is no longer as `form` tells."""
    return (
        await conn.fetchval(
            STATEMENTS["update_form"], form.form_id, form.status, status, at, actor, reason
        )
        is not None
    )


async def select_forms(
    conn: Conn,
    creator_id: str,
    *,
    position: tuple[datetime, UUID] | None,
    backward: bool,
    limit: int,
) -> Sequence[TaxForm]:
    """A creator's forms beyond a position, newest first; backward: oldest first."""
    submitted_at, form_id = position or (None, None)
    name = "select_forms_backward" if backward else "select_forms"
    rows = await conn.fetch(STATEMENTS[name], creator_id, submitted_at, form_id, limit)
    return [_form(row) for row in rows]


def _form(row: Record) -> TaxForm:
    fields: dict[str, Any] = {
        **row,
        "kind": FormKind(row["kind"]),
        "status": FormStatus(row["status"]),
    }
    return TaxForm(**fields)
