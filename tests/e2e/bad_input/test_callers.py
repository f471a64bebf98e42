"""Who asks, and with which token."""

from typing import Any

import pytest

from support.bad_input import GUARDED, INVALID, Scene, good_variables, outcome
from support.world import World

pytestmark = pytest.mark.stack


@pytest.mark.parametrize("operation", GUARDED)
async def test_nobody_is_unauthenticated(world: World, scene: Scene, operation: str) -> None:
    variables = await good_variables(world, scene, operation)
    assert await outcome(world, operation, None, variables) == "UNAUTHENTICATED"


@pytest.mark.parametrize("operation", [*GUARDED, "Bundles", "GiftCatalogue"])
@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_700_000_000},
        {"aud": "another-app"},
        {"iss": "another-issuer"},
        {"sub": "no spaces here"},
        {"sub": None},
        {"exp": None},
        {"nbf": 4_000_000_000},
    ],
    ids=["expired", "audience", "issuer", "subject", "no-subject", "no-expiry", "not-yet"],
)
async def test_a_token_that_proves_nothing(
    world: World, scene: Scene, operation: str, claims: dict[str, object]
) -> None:
    """Even where no token is needed: who sends a bad one should be told."""
    variables = await good_variables(world, scene, operation)
    token = world.forged_token(**claims)
    assert await outcome(world, operation, token, variables) == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-8] + "AAAAAAAA",
        lambda token: ".".join(["eyJhbGciOiJub25lIn0", token.split(".")[1], ""]),
        lambda token: token.split(".")[1],
        lambda token: "x" * 9_000,
    ],
    ids=["signature", "unsigned", "torn", "huge"],
)
async def test_a_token_that_is_none(world: World, spoil: Any) -> None:
    token = spoil(world.token("mallory"))
    assert await outcome(world, "Me", token, {}) == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("operation", "scope"),
    [
        ("PurchaseCoins", "creator"),
        ("Purchase", "creator"),
        ("SendGift", "creator operator:audit operator:payouts"),
        ("UndoGift", "creator operator:audit operator:payouts"),
        ("AcceptGifts", "viewer operator:catalogue"),
        ("Gift", "operator:payouts"),
        ("Me", "creator"),
        ("Creator", "viewer"),
        ("PurchaseCoins", ""),
        ("AddPayoutMethod", "viewer operator:payouts"),
        ("RequestPayout", "viewer operator:payouts operator:audit"),
        ("CancelPayout", "viewer operator:payouts"),
        ("Statement", "viewer operator:catalogue operator:refunds"),
        ("SetSpendLimits", "creator operator:audit"),
        ("PreviewReversal", "viewer creator operator:audit operator:payouts"),
        ("ReversePurchase", "viewer creator operator:audit operator:catalogue"),
        ("PreviewMinorRefund", "viewer creator operator:audit operator:payouts"),
        ("RefundMinor", "viewer creator operator:audit operator:catalogue"),
        ("AcceptRoomGifts", "viewer operator:moderation"),
        ("BlockGifter", "viewer operator:moderation"),
        ("UnblockGifter", "viewer operator:moderation"),
        ("GiftMessages", "viewer creator operator:refunds"),
        ("RemoveGiftMessage", "viewer creator operator:audit operator:refunds"),
        ("ShowGiftMessage", "viewer creator operator:audit operator:refunds"),
        ("QuarantineGift", "viewer operator:payouts"),
        ("QuarantinedGifts", "viewer creator operator:refunds"),
        ("ReleaseQuarantinedGift", "viewer creator operator:audit operator:refunds"),
        ("ReturnQuarantinedGift", "viewer creator operator:audit operator:refunds"),
    ],
)
async def test_a_scope_that_does_not_cover_it(
    world: World, scene: Scene, operation: str, scope: str
) -> None:
    of_creators = {"Creator", "AddPayoutMethod", "RequestPayout", "CancelPayout", "Statement"}
    owner = scene["creator"] if operation in of_creators else scene["viewer"]
    variables = await good_variables(world, scene, operation)
    assert await outcome(world, operation, world.token(owner, scope), variables) == "FORBIDDEN"


@pytest.mark.parametrize(
    "claims",
    [{"age_verified": False}, {"account_kind": "government"}, {"account_kind": "party"}],
    ids=str,
)
@pytest.mark.parametrize("operation", ["SendGift", "AcceptGifts"])
async def test_who_may_not_take_part(
    world: World, scene: Scene, operation: str, claims: dict[str, Any]
) -> None:
    token = world.token(scene["viewer"], "viewer creator", **claims)
    variables = await good_variables(world, scene, operation)
    if operation == "AcceptGifts":
        variables = {"input": {"accept": True}}
    assert await outcome(world, operation, token, variables) == "not_eligible"


async def test_variables_that_are_missing(world: World, scene: Scene) -> None:
    """Of documents that the caller may send: what is cut out needs none."""
    token = world.token(scene["viewer"], "viewer creator operator:refunds operator:moderation")
    for operation in GUARDED:
        if operation not in ("Me", "Payouts"):
            assert await outcome(world, operation, token, {}) == INVALID, operation
