"""The schema of the payouts subgraph; `python -m payouts schema` prints it."""

import strawberry

from chassis.graphql import requires_scope, schema
from payouts.graphql.mutations.add_payout_method import add_payout_method
from payouts.graphql.mutations.answer_agency_contract import answer_agency_contract
from payouts.graphql.mutations.cancel_payout import cancel_payout
from payouts.graphql.mutations.correct_withholding import correct_withholding
from payouts.graphql.mutations.decide_held_payout import decide_held_payout
from payouts.graphql.mutations.decide_quarantine import (
    release_quarantined_gift,
    return_quarantined_gift,
)
from payouts.graphql.mutations.disable_payout_method import disable_payout_method
from payouts.graphql.mutations.end_agency_contract import end_agency_contract
from payouts.graphql.mutations.open_payout_onboarding import open_payout_onboarding
from payouts.graphql.mutations.propose_agency_contract import propose_agency_contract
from payouts.graphql.mutations.quarantine_gift import quarantine_gift
from payouts.graphql.mutations.repair_break import approve_payout_repair, propose_payout_repair
from payouts.graphql.mutations.request_commission_payout import request_commission_payout
from payouts.graphql.mutations.request_payout import request_payout
from payouts.graphql.mutations.review_creator import review_creator
from payouts.graphql.mutations.review_tax_form import review_tax_form
from payouts.graphql.mutations.submit_tax_form import submit_tax_form
from payouts.graphql.quarantine import Gift
from payouts.graphql.query import Query

OPERATOR = "operator:payouts"


@strawberry.type(description="Writes.")
class Mutation:
    """One file each in `mutations`."""

    add_payout_method = strawberry.mutation(
        add_payout_method,
        description="Say where money is to go. Safe to retry with the same methodId.",
        extensions=[requires_scope("creator")],
    )
    open_payout_onboarding = strawberry.mutation(
        open_payout_onboarding,
        description="Ask for the page where a rail verifies the caller. Safe to retry.",
        extensions=[requires_scope("creator")],
    )
    disable_payout_method = strawberry.mutation(
        disable_payout_method,
        description="Take a payout method out of use, for good. Safe to retry.",
        extensions=[requires_scope("creator")],
    )
    request_payout = strawberry.mutation(
        request_payout,
        description="Turn available diamonds into money. Safe to retry with the same payoutId.",
        extensions=[requires_scope("creator")],
    )
    request_commission_payout = strawberry.mutation(
        request_commission_payout,
        description="Turn available commissions of an agency into a payout. Safe to retry with the "
        "same payoutId.",
        extensions=[requires_scope("creator")],
    )
    cancel_payout = strawberry.mutation(
        cancel_payout,
        description="Take a payout back that was not sent yet. Safe to retry.",
        extensions=[requires_scope("creator")],
    )
    submit_tax_form = strawberry.mutation(
        submit_tax_form,
        description="Declare one's taxes. Safe to retry with the same formId.",
        extensions=[requires_scope("creator")],
    )
    review_tax_form = strawberry.mutation(
        review_tax_form,
        description="For operators: let a tax form count, or not.",
        extensions=[requires_scope(OPERATOR)],
    )
    correct_withholding = strawberry.mutation(
        correct_withholding,
        description="For operators: give a creator what was withheld before their form was valid. "
        "Much takes two. Safe to retry.",
        extensions=[requires_scope(OPERATOR)],
    )
    propose_agency_contract = strawberry.mutation(
        propose_agency_contract,
        description="For operators: enter what an agency and a creator are to agree on. Safe to "
        "retry with the same contractId.",
        extensions=[requires_scope(OPERATOR)],
    )
    answer_agency_contract = strawberry.mutation(
        answer_agency_contract,
        description="Accept or decline a contract with an agency. Safe to retry.",
        extensions=[requires_scope("creator")],
    )
    end_agency_contract = strawberry.mutation(
        end_agency_contract,
        description="For operators: end a contract with an agency, from now on. Safe to retry.",
        extensions=[requires_scope(OPERATOR)],
    )
    review_creator = strawberry.mutation(
        review_creator,
        description="For operators: put on record what was found out about a creator.",
        extensions=[requires_scope(OPERATOR)],
    )
    decide_held_payout = strawberry.mutation(
        decide_held_payout,
        description="For operators: release a held payout, or give its diamonds back. Much is "
        "released by two.",
        extensions=[requires_scope(OPERATOR)],
    )
    quarantine_gift = strawberry.mutation(
        quarantine_gift,
        description="Freeze a gift that the caller received and that looks wrong: its diamonds are "
        "held until an operator decides. It costs the caller nothing. Safe to retry with the same "
        "quarantineId.",
        extensions=[requires_scope("creator")],
    )
    release_quarantined_gift = strawberry.mutation(
        release_quarantined_gift,
        description="For operators: let a frozen gift go. Safe to retry.",
        extensions=[requires_scope(OPERATOR)],
    )
    return_quarantined_gift = strawberry.mutation(
        return_quarantined_gift,
        description="For operators: give a frozen gift back to its sender. Much takes two. Safe to "
        "retry.",
        extensions=[requires_scope(OPERATOR)],
    )
    propose_payout_repair = strawberry.mutation(
        propose_payout_repair,
        description="For operators: ask for a break to be mended. Somebody else has to agree.",
        extensions=[requires_scope(OPERATOR)],
    )
    approve_payout_repair = strawberry.mutation(
        approve_payout_repair,
        description="For operators: agree to what somebody else has proposed, and have it done.",
        extensions=[requires_scope(OPERATOR)],
    )


# Unions are not looked through for entities, and no other field refers to a gift.
SCHEMA = schema(query=Query, mutation=Mutation, types=(Gift,))
