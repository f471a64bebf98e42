"""Points of battles are no money: neither touches the other."""

import re

from support.source import REPOSITORY, modules_of

GIFTS = REPOSITORY / "services/gifts/src/gifts"
WRITES = re.compile(
    r"\b(?:INSERT INTO|UPDATE|DELETE FROM|TRUNCATE|MERGE INTO|COPY)\s+(\w+)", re.IGNORECASE
)
TABLES = {"battle", "battle_room", "battle_event", "battle_power_up"}
_FOR_UPDATE = re.compile(r"FOR (?:NO KEY )?UPDATE|DO UPDATE SET")
_MONEY = ("gifts.store.gift", "gifts.store.creator", "gifts.store.reversal", "contracts.wallet")


def test_battles_write_nothing_else() -> None:
    """Statements about battles write their tables alone; no other statement even reads them."""
    of_battles = sorted(GIFTS.glob("store/battle*.sql"))
    others = sorted(set(GIFTS.glob("store/*.sql")) - set(of_battles))
    assert len(of_battles) == 2

    written = {
        table
        for file in of_battles
        for table in WRITES.findall(_FOR_UPDATE.sub("", file.read_text()))
    }
    read = [file.name for file in others if re.search(r"\bbattle", file.read_text())]

    assert written == TABLES
    assert read == []


def test_battles_know_nothing_of_money() -> None:
    """Their code reads what was given in rooms, and no store of gifts, totals or reversals."""
    of_battles = [
        module
        for module in modules_of("gifts")
        if re.search(r"\.(?:battle|\w+_battles?$|use_power_up)", module.name)
        and ".testing" not in module.name
    ]
    knowing = [
        f"{module.place}:{line} imports {full}"
        for module in of_battles
        for _, full, line in module.imports()
        if full.startswith(_MONEY)
    ]

    assert len(of_battles) > 15
    assert knowing == []
