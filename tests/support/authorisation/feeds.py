"""Subscriptions. Nothing but the token's subject decides whose the private ones are."""

from typing import Final

from support.authorisation.table import PUBLIC, Route, Row

FEEDS: Final = (
    Route(
        "a room as it goes on",
        """subscription ($room: UUID!) {
          roomFrames(roomId: $room) {
            roomId creatorId seq status committedAt snapshot missedFrames moreGifts moreCoins
            gifts {
              giftId itemId count totalCoins senderId senderName message
              streakId streakCount streakEnded senderLevel leveledUp senderClubLevel firstGift
              pendingUntil
            }
            totals { coins gifts gifters }
            goal { targetCoins reachedCoins targetItemId targetCount reachedCount reachedAt }
            topGifters { rank userId userName coins } removedMessages
            battle {
              battleId status startedAt endsAt seedHash seed winnerRoomId flagged
              sides {
                roomId creatorId points hiddenUntil multiplier multipliedUntil hammeringUntil
                hits combos
              }
            }
            train {
              trainId level levels progress target startedAt expiresAt began ended
              topGifters { rank }
            }
          }
        }""",
        (Row("roomFrames", PUBLIC),),
    ),
    Route(
        "the own balance as it changes",
        "subscription { balanceChanged { version coins debtCoins asOf cause } }",
        (Row("balanceChanged", ("UNAUTHENTICATED", "shown", "shown", "shown", "shown")),),
    ),
    Route(
        "the own earnings as they change",
        """subscription {
          earningsChanged {
            version pending { microDiamonds } available { microDiamonds } asOf
          }
        }""",
        (Row("earningsChanged", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "shown")),),
    ),
)
