"""The documents that front ends send."""

from local_stack.operations import documents


def test_documents_are_found_by_name() -> None:
    """Each is the text of the file from its first word to its last brace."""
    assert documents().keys() == {
        *("Bundles", "PurchaseCoins", "Purchase", "Me", "GiftCatalogue"),
        *(
            "AcceptGifts",
            "ShowMeOnBoards",
            "Leaderboard",
            "SendGift",
            "UndoGift",
            "Gift",
            "Creator",
        ),
        *("MyLevel", "LevelTable", "FanClub"),
        *("AddPayoutMethod", "OpenPayoutOnboarding", "RequestPayout", "CancelPayout", "Payouts"),
        *("Statement", "Analytics"),
        *("PreviewReversal", "ReversePurchase", "SetSpendLimits", "SubmitTaxForm"),
        *("PreviewMinorRefund", "RefundMinor"),
        *("AnswerAgencyContract", "RequestCommissionPayout", "Agency"),
        *("OpenRoom", "KeepRoomOpen", "CloseRoom", "Room", "OpenRooms"),
        *("RoomFrames", "RoomFramesInFull", "BalanceChanged", "EarningsChanged", "LiveDelivery"),
        *("AcceptRoomGifts", "BlockGifter", "UnblockGifter", "BlockedGifters"),
        *("GiftMessages", "RemoveGiftMessage", "ShowGiftMessage"),
        *("QuarantineGift", "QuarantinedGifts", "ReleaseQuarantinedGift", "ReturnQuarantinedGift"),
        *("ProposeBattle", "AcceptBattle", "UsePowerUp", "Battle"),
    }
    assert documents()["Gift"] == (
        "query Gift($id: UUID!) { gift(id: $id) { id status refusal { code message } priceCoins } }"
    )
