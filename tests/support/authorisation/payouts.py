"""What payouts answers of methods, payouts and their repair."""

from typing import Final

from support.authorisation.shapes import (
    METHOD,
    MONEY,
    PAGE,
    PAYOUT,
    QUARANTINE,
    REFUSAL,
)
from support.authorisation.table import OPERATORS, USERS, Route, Row

BREAK = """{
  id rail kind transferKey payoutId theirStatus repair status foundAt proposedBy proposalReason
}"""

ROUTES: Final = (
    Route(
        "breaks",
        f"""{{ payoutBreaks(first: 2) {{
          nodes {BREAK} edges {{ cursor node {{ id }} }} {PAGE}
        }} }}""",
        (Row("payoutBreaks", OPERATORS),),
    ),
    Route(
        "proposing a repair",
        f"""mutation ($repair: ProposePayoutRepairInput!) {{
          proposePayoutRepair(input: $repair) {{
            __typename {REFUSAL}
            ... on ProposePayoutRepairPayload {{ break {BREAK} }}
            ... on PayoutBreakUnknown {{ code message }}
            ... on PayoutBreakNotRepairable {{ code message status }}
          }}
        }}""",
        (Row("proposePayoutRepair", OPERATORS),),
    ),
    Route(
        "approving a repair",
        f"""mutation ($noBreak: ApprovePayoutRepairInput!) {{
          approvePayoutRepair(input: $noBreak) {{
            __typename {REFUSAL}
            ... on ApprovePayoutRepairPayload {{ break {BREAK} }}
            ... on PayoutBreakUnknown {{ code message }}
            ... on PayoutBreakNotRepairable {{ code message status }}
            ... on SecondOperatorNeeded {{ code message }}
          }}
        }}""",
        (Row("approvePayoutRepair", OPERATORS),),
    ),
    Route(
        "adding a payout method",
        f"""mutation ($method: AddPayoutMethodInput!) {{ addPayoutMethod(input: $method) {{
          __typename {REFUSAL}
          ... on AddPayoutMethodPayload {{ replayed method {METHOD} }}
          ... on PayoutRailUnavailable {{ code message }}
          ... on PayoutCurrencyUnsupported {{ code message }}
          ... on PayoutDetailsInvalid {{ code message field }}
          ... on IdempotencyConflict {{ code message }}
        }} }}""",
        # The id was first used by the owner, so that others get a conflict.
        (Row("addPayoutMethod", USERS),),
    ),
    Route(
        "requesting a payout",
        f"""mutation ($payout: RequestPayoutInput!) {{ requestPayout(input: $payout) {{
          __typename {REFUSAL}
          ... on RequestPayoutPayload {{ replayed payout {PAYOUT} }}
          ... on PayoutBelowMinimum {{ code message minimum {MONEY} neededMicroDiamonds }}
          ... on PayoutFeesExceedAmount {{ code message fees {MONEY} neededMicroDiamonds }}
          ... on PayoutLimitReached {{ code message window limit {MONEY} remaining {MONEY} }}
          ... on PayoutAmountInvalid {{ code message }}
          ... on InsufficientDiamonds {{ code message availableMicroDiamonds }}
          ... on IdentityNotVerified {{ code message }}
          ... on PayoutMethodUnavailable {{ code message }}
          ... on PayoutMethodNotVerified {{ code message }}
          ... on PayoutMethodLocked {{ code message usableFrom }}
          ... on PayoutCurrencyUnsupported {{ code message }}
          ... on PayoutConversionUnavailable {{ code message }}
          ... on TaxFormNeeded {{ code message }}
          ... on IdempotencyConflict {{ code message }}
        }} }}""",
        (Row("requestPayout", USERS),),
    ),
    Route(
        "canceling a payout",
        f"""mutation ($noPayout: CancelPayoutInput!) {{ cancelPayout(input: $noPayout) {{
          __typename {REFUSAL}
          ... on CancelPayoutPayload {{ payout {PAYOUT} }}
          ... on PayoutUnknown {{ code message }}
          ... on PayoutNotCancelable {{ code message status }}
        }} }}""",
        (Row("cancelPayout", USERS),),
    ),
    Route(
        "going to be verified",
        f"""mutation ($noMethod: OpenPayoutOnboardingInput!) {{
          openPayoutOnboarding(input: $noMethod) {{
            __typename {REFUSAL}
            ... on OpenPayoutOnboardingPayload {{ url expiresAt }}
            ... on PayoutMethodUnavailable {{ code message }}
            ... on PayoutRailUnavailable {{ code message }}
          }}
        }}""",
        (Row("openPayoutOnboarding", USERS),),
    ),
    Route(
        "disabling a payout method",
        f"""mutation ($noMethod: DisablePayoutMethodInput!) {{
          disablePayoutMethod(input: $noMethod) {{
            __typename {REFUSAL}
            ... on DisablePayoutMethodPayload {{ method {METHOD} }}
            ... on PayoutMethodUnavailable {{ code message }}
          }}
        }}""",
        (Row("disablePayoutMethod", USERS),),
    ),
    Route(
        "reviewing a creator",
        """mutation ($review: ReviewCreatorInput!) { reviewCreator(input: $review) {
          creator { id } heldPayouts
        } }""",
        (Row("reviewCreator", OPERATORS),),
    ),
    Route(
        "deciding on a held payout",
        f"""mutation ($decision: DecideHeldPayoutInput!) {{ decideHeldPayout(input: $decision) {{
          __typename {REFUSAL}
          ... on DecideHeldPayoutPayload {{ payout {PAYOUT} }}
          ... on PayoutUnknown {{ code message }}
          ... on PayoutNotHeld {{ code message status }}
          ... on CreatorNotCleared {{ code message }}
          ... on TaxFormNeeded {{ code message }}
          ... on PayoutMethodUnavailable {{ code message }}
          ... on ApprovalNeeded {{ code message }}
        }} }}""",
        (Row("decideHeldPayout", OPERATORS),),
    ),
    Route(
        "freezing a gift",
        f"""mutation ($freeze: QuarantineGiftInput!) {{ quarantineGift(input: $freeze) {{
          __typename {REFUSAL}
          ... on QuarantineGiftPayload {{ replayed gift {{ id quarantine {QUARANTINE} }} }}
          ... on ReceivedGiftUnknown {{ code message }} ... on QuarantineOver {{ code message }}
          ... on QuarantineDecided {{ code message status }}
          ... on IdempotencyConflict {{ code message }}
        }} }}""",
        # Of no gift: whoever may, is refused, and nothing happens.
        (Row("quarantineGift", USERS),),
    ),
    Route(
        "what is frozen",
        f"""{{ quarantinedGifts(first: 2) {{
          nodes {QUARANTINE} edges {{ cursor node {QUARANTINE} }} {PAGE}
        }} }}""",
        (Row("quarantinedGifts", OPERATORS),),
    ),
    Route(
        "letting a frozen gift go",
        f"""mutation ($thaw: ReleaseQuarantinedGiftInput!) {{
          releaseQuarantinedGift(input: $thaw) {{
            __typename {REFUSAL}
            ... on ReleaseQuarantinedGiftPayload {{ quarantine {QUARANTINE} }}
            ... on QuarantineUnknown {{ code message }}
            ... on QuarantineDecided {{ code message status }}
          }}
        }}""",
        (Row("releaseQuarantinedGift", OPERATORS),),
    ),
    Route(
        "giving a frozen gift back",
        f"""mutation ($return: ReturnQuarantinedGiftInput!) {{
          returnQuarantinedGift(input: $return) {{
            __typename {REFUSAL}
            ... on ReturnQuarantinedGiftPayload {{ quarantine {QUARANTINE} }}
            ... on QuarantineUnknown {{ code message }}
            ... on QuarantineDecided {{ code message status }}
            ... on ApprovalNeeded {{ code message }}
          }}
        }}""",
        (Row("returnQuarantinedGift", OPERATORS),),
    ),
)
