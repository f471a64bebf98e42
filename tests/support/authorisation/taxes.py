"""Of payouts, what others get: the tax office and agencies."""

from typing import Final

from support.authorisation.shapes import CONTRACT, MONEY, PAYOUT, REFUSAL, TAX_FORM
from support.authorisation.table import OPERATORS, USERS, Route, Row

ROUTES: Final = (
    Route(
        "sending a tax form",
        f"""mutation ($taxForm: SubmitTaxFormInput!) {{ submitTaxForm(input: $taxForm) {{
          __typename {REFUSAL}
          ... on SubmitTaxFormPayload {{ replayed form {TAX_FORM} }}
          ... on TaxFormInvalid {{ code message field }}
          ... on IdempotencyConflict {{ code message }}
        }} }}""",
        (Row("submitTaxForm", USERS),),
    ),
    Route(
        "reviewing a tax form",
        f"""mutation ($noForm: ReviewTaxFormInput!) {{ reviewTaxForm(input: $noForm) {{
          __typename {REFUSAL}
          ... on ReviewTaxFormPayload {{ form {TAX_FORM} }}
          ... on TaxFormUnknown {{ code message }}
          ... on TaxFormDecided {{ code message status }}
        }} }}""",
        (Row("reviewTaxForm", OPERATORS),),
    ),
    Route(
        "previewing corrections of withholding",
        f"""query ($owner: ID!) {{ previewWithholdingCorrections(creatorId: $owner) {{
          payout {{ id status net {MONEY} }} withheld {MONEY} excess {MONEY} because rateBps
        }} }}""",
        (Row("previewWithholdingCorrections", OPERATORS),),
    ),
    Route(
        "correcting withholding",
        f"""mutation ($correction: CorrectWithholdingInput!) {{
          correctWithholding(input: $correction) {{
            __typename {REFUSAL}
            ... on CorrectWithholdingPayload {{ replayed payout {PAYOUT} corrected {MONEY} }}
            ... on PayoutUnknown {{ code message }}
            ... on WithholdingCorrectionChanged {{ code message excess {MONEY} }}
            ... on ApprovalNeeded {{ code message }}
          }}
        }}""",
        (Row("correctWithholding", OPERATORS),),
    ),
    Route(
        "entering a contract with an agency",
        f"""mutation ($contract: ProposeAgencyContractInput!) {{
          proposeAgencyContract(input: $contract) {{
            __typename {REFUSAL}
            ... on ProposeAgencyContractPayload {{ replayed contract {CONTRACT} }}
            ... on AgencyContractInvalid {{ code message field }}
            ... on IdempotencyConflict {{ code message }}
          }}
        }}""",
        (Row("proposeAgencyContract", OPERATORS),),
    ),
    Route(
        "answering a contract with an agency",
        f"""mutation ($answer: AnswerAgencyContractInput!) {{
          answerAgencyContract(input: $answer) {{
            __typename {REFUSAL}
            ... on AnswerAgencyContractPayload {{ contract {CONTRACT} }}
            ... on AgencyContractUnknown {{ code message }}
            ... on AgencyContractDecided {{ code message status }}
            ... on AgencySharesExceeded {{ code message sharesBps maxBps }}
          }}
        }}""",
        (Row("answerAgencyContract", USERS),),
    ),
    Route(
        "ending a contract with an agency",
        f"""mutation ($noContract: EndAgencyContractInput!) {{
          endAgencyContract(input: $noContract) {{
            __typename {REFUSAL}
            ... on EndAgencyContractPayload {{ contract {CONTRACT} }}
            ... on AgencyContractUnknown {{ code message }}
            ... on AgencyContractDecided {{ code message status }}
          }}
        }}""",
        (Row("endAgencyContract", OPERATORS),),
    ),
    Route(
        "collecting commissions",
        f"""mutation ($commission: RequestCommissionPayoutInput!) {{
          requestCommissionPayout(input: $commission) {{
            __typename {REFUSAL}
            ... on RequestCommissionPayoutPayload {{ replayed payout {PAYOUT} }}
            ... on CommissionAmountInvalid {{ code message increment {MONEY} }}
            ... on InsufficientCommissions {{ code message available {MONEY} }}
            ... on CommissionBelowMinimum {{ code message needed {MONEY} }}
            ... on PayoutLimitReached {{ code message }}
            ... on IdentityNotVerified {{ code message }}
            ... on PayoutMethodUnavailable {{ code message }}
            ... on PayoutMethodNotVerified {{ code message }}
            ... on PayoutMethodLocked {{ code message }}
            ... on PayoutCurrencyUnsupported {{ code message }}
            ... on PayoutConversionUnavailable {{ code message }}
            ... on TaxFormNeeded {{ code message }} ... on IdempotencyConflict {{ code message }}
          }}
        }}""",
        (Row("requestCommissionPayout", USERS),),
    ),
)
