"""Each invariant is broken once in a database, and the checker says which, and where."""

from typing import NamedTuple

import pytest
from checker_world import Copy

from checker import check


class Fault(NamedTuple):
    """What somebody who may do everything does to a service's database."""

    service: str
    statement: str
    broken: set[tuple[str, str]]
    """Invariants, and whose books, that must be reported, among others."""

    @property
    def needs_topics(self) -> bool:
        """Whether only the topics tell; reading them is most of the time."""
        return any("topic" in of for _, of in self.broken)


SOME = {
    "wallet": """
        CREATE TEMP VIEW some_charge AS
        SELECT movement_id FROM movement WHERE kind = 'charge' LIMIT 1
    """,
    "gifts": """
        CREATE TEMP VIEW some_sent_gift AS
        SELECT gift_id FROM gift WHERE status = 'SENT' LIMIT 1
    """,
    "payouts": """
        CREATE TEMP VIEW some_accrual AS SELECT gift_id FROM accrual LIMIT 1;
        CREATE TEMP VIEW paid_payout AS
        SELECT payout_id FROM payout
        WHERE status = 'PAID' AND source = 'EARNINGS' AND commission_minor = 0 LIMIT 1;
        CREATE TEMP VIEW split_payout AS
        SELECT payout_id FROM payout WHERE status = 'PAID' AND commission_minor > 0 LIMIT 1
    """,
}
"""What a fault may befall."""

FAULTS = {
    "coins in a train that nobody gave": Fault(
        "gifts", "UPDATE train SET progress = progress + 1", {("trains", "gifts")}
    ),
    "a level of a train that nobody reached": Fault(
        "gifts", "UPDATE train SET level = level + 1", {("trains", "gifts")}
    ),
    "a gift forgotten in a train": Fault(
        "gifts", "DELETE FROM train_gift WHERE seq = 1", {("trains", "gifts")}
    ),
    "a gift to a train for more than it cost": Fault(
        "gifts",
        "UPDATE train_gift SET coins = coins + 1 WHERE seq = 1;"
        " UPDATE train SET progress = progress + 1;"
        " UPDATE train_gifter SET coins = coins + 1"
        " WHERE user_id = (SELECT user_id FROM train_gift WHERE seq = 1)",
        {("trains", "gifts")},
    ),
    "a point in a battle that nobody gave": Fault(
        "gifts",
        "UPDATE battle SET left_points = left_points + 1,"
        " winner = CASE WHEN left_points + 1 > right_points THEN 'left'"
        " WHEN left_points + 1 = right_points THEN 'draw' ELSE 'right' END",
        {("battles", "gifts")},
    ),
    "a gift under a glove that nobody used": Fault(
        "gifts",
        "UPDATE battle_event SET multiplier = 5"
        " WHERE gift_id = (SELECT gift_id FROM battle_event WHERE multiplier = 1 LIMIT 1)",
        {("battles", "gifts")},
    ),
    "a gift forgotten in a battle": Fault(
        "gifts",
        "DELETE FROM battle_event WHERE seq = (SELECT min(seq) FROM battle_event)",
        {("battles", "gifts")},
    ),
    "a gift that a battle never heard of": Fault(
        "gifts",
        # Its number is another entry's, so that nothing else is missing.
        "CREATE TEMP TABLE gone AS SELECT seq, gift_id, side, coins * multiplier AS points"
        " FROM battle_event AS e WHERE NOT EXISTS ("
        "  SELECT FROM battle_event WHERE gift_id = e.gift_id AND kind = 'taken'"
        ") LIMIT 1;"
        "DELETE FROM battle_event WHERE gift_id = (SELECT gift_id FROM gone);"
        "UPDATE battle_event SET seq = (SELECT seq FROM gone)"
        " WHERE seq = (SELECT ended_seq - 1 FROM battle);"
        "UPDATE battle SET events = events - 1, ended_seq = ended_seq - 1, left_points = l,"
        " right_points = r, winner = CASE sign(l - r) WHEN 1 THEN 'left' WHEN -1 THEN 'right'"
        " ELSE 'draw' END FROM ("
        "  SELECT left_points - CASE side WHEN 0 THEN points ELSE 0 END AS l,"
        "  right_points - CASE side WHEN 1 THEN points ELSE 0 END AS r FROM battle, gone"
        ")",
        {("battles", "gifts")},
    ),
    "a battle that went on too long": Fault(
        "gifts",
        "UPDATE battle SET ends_at = ends_at + interval '1 s'",
        {("battles", "gifts")},
    ),
    "coins in a room that nobody gave": Fault(
        "gifts",
        "UPDATE room SET coins = coins + 1 WHERE creator_id = 'ben'",
        {("INV10", "gifts"), ("INV10", "gifts → topic")},
    ),
    "a gift that a room forgot": Fault(
        "gifts",
        "UPDATE room SET gifts = gifts - 1 WHERE creator_id = 'ben'",
        {("INV10", "gifts")},
    ),
    "a goal that has come too far": Fault(
        "gifts",
        "UPDATE room SET goal_reached = goal_reached + 1 WHERE creator_id = 'ben'",
        {("INV10", "gifts")},
    ),
    "a goal of a closed room that nobody could reach": Fault(
        "gifts",
        "UPDATE room SET goal_reached = 100000, goal_reached_at = now() WHERE creator_id = 'anna'",
        {("INV10", "gifts")},
    ),
    "a gifter who gave less": Fault(
        "gifts",
        "UPDATE room_gifter SET coins = coins + 1 WHERE user_id = 'viewer-1'",
        {("INV10", "gifts")},
    ),
    "a gifter forgotten": Fault(
        "gifts",
        "DELETE FROM room_gifter WHERE user_id = 'viewer-1'",
        {("INV10", "gifts")},
    ),
    "a first gifter who is not": Fault(
        "gifts",
        "UPDATE room SET top = '[]' WHERE creator_id = 'ben'",
        {("INV10", "gifts")},
    ),
    "a piece too many in a streak": Fault(
        "gifts",
        "UPDATE room_streak SET pieces = pieces + 1"
        " WHERE streak_id = (SELECT streak_id FROM room_streak LIMIT 1)",
        {("INV10", "gifts")},
    ),
    "a streak that outlives its room": Fault(
        "gifts",
        "UPDATE room_streak SET ended_at = NULL WHERE streak_id = ("
        " SELECT streak_id FROM room_streak INNER JOIN room USING (room_id)"
        " WHERE creator_id = 'anna' LIMIT 1)",
        {("INV10", "gifts")},
    ),
    "a frame that was never told": Fault(
        "gifts",
        "UPDATE room SET seq = seq + 1 WHERE creator_id = 'ben'",
        {("INV10", "gifts → topic")},
    ),
    "coins from nowhere": Fault(
        "wallet",
        "UPDATE system_account SET credits_coins = credits_coins + 1 WHERE name = 'gift_clearing'",
        {("INV1", "wallet"), ("INV3", "wallet")},
    ),
    "a balance below zero": Fault(
        "wallet",
        """ALTER TABLE account DROP CONSTRAINT account_not_overdrawn;
        ALTER TABLE account DROP CONSTRAINT account_lots_add_up;
        UPDATE account
        SET debits_coins = credits_coins + 1, lot_ids = '{}', lot_coins = '{}'
        WHERE owner_id = 'viewer-4'""",
        {("INV2", "wallet"), ("INV1", "wallet")},
    ),
    "a debt that nobody entered": Fault(
        "wallet",
        "UPDATE account SET debt_coins = debt_coins + 1 WHERE owner_id = 'viewer-1'",
        {("INV3", "wallet")},
    ),
    "a debt forgiven without a reason": Fault(
        "wallet",
        "DELETE FROM debt_entry WHERE kind = 'repaid'",
        {("INV3", "wallet")},
    ),
    "a delivery that a store is not told of": Fault(
        "wallet",
        """UPDATE purchase SET provider = 'google_play'
        WHERE purchase_id = (
            SELECT purchase_id FROM purchase WHERE credited_at IS NOT NULL LIMIT 1
        )""",
        {("INV4", "wallet")},
    ),
    "a leg that lost a coin": Fault(
        "wallet",
        "UPDATE reversal_leg SET coins = coins + 1 WHERE kind = 'payer_debt'",
        {("INV8", "wallet")},
    ),
    "a leg given back twice": Fault(
        "wallet",
        "UPDATE reinstatement_leg SET coins = coins * 2",
        {("INV8", "wallet")},
    ),
    "an undo of more than was charged": Fault(
        "wallet",
        """UPDATE reversal_leg SET coins = coins + 1
        WHERE (reversal_id, position) = (
            SELECT l.reversal_id, l.position FROM reversal_leg AS l
            INNER JOIN charge_undo USING (reversal_id) LIMIT 1
        )""",
        {("regret", "wallet"), ("INV8", "wallet"), ("INV3", "wallet")},
    ),
    "an undo of a charge that was refused": Fault(
        "wallet",
        """UPDATE movement SET outcome = 'insufficient_coins', lot_id = NULL
        WHERE movement_id = (SELECT charge_id FROM charge_undo LIMIT 1)""",
        {("regret", "wallet")},
    ),
    "a reversal of nothing": Fault(
        "wallet",
        "DELETE FROM charge_undo",
        {("regret", "wallet")},
    ),
    "an undo that gave nothing back": Fault(
        "wallet",
        """UPDATE movement SET counter = 'reversal_clearing'
        WHERE kind = 'reinstatement' AND counter = 'creator_claim'""",
        {("regret", "wallet"), ("INV3", "wallet")},
    ),
    "a gift undone that nobody undid": Fault(
        "gifts",
        "DELETE FROM gift_undo",
        {("regret", "gifts")},
    ),
    "a gift undone that was never taken back": Fault(
        "gifts",
        "INSERT INTO gift_undo SELECT gift_id, now() FROM some_sent_gift",
        {("regret", "gifts")},
    ),
    "a gift returned that its sender undid": Fault(
        "gifts",
        "UPDATE gift_undo SET reason = 'quarantine' WHERE reason = 'undo'",
        {("regret", "gifts")},
    ),
    "a returned gift of which gifts know nothing": Fault(
        "gifts",
        "UPDATE gift_undo SET gift_id = gen_random_uuid() WHERE reason = 'quarantine'",
        {("regret", "gifts"), ("INV5", "topic → gifts")},
    ),
    "diamonds held of nothing": Fault(
        "payouts",
        """UPDATE earning_bucket SET held_micro_diamonds = 0 WHERE held_micro_diamonds > 0""",
        {("quarantine", "payouts"), ("INV3", "payouts")},
    ),
    "a gift thawed by hand": Fault(
        "payouts",
        """UPDATE gift_quarantine
        SET status = 'RELEASED', decided_at = now(), decided_by = 'otto', ended_at = now()
        WHERE status = 'FROZEN'""",
        {("quarantine", "payouts")},
    ),
    "a gift frozen that is another creator's": Fault(
        "payouts",
        "UPDATE gift_quarantine SET creator_id = 'nobody' WHERE status = 'RELEASED'",
        {("quarantine", "payouts")},
    ),
    "a returned gift that nobody froze": Fault(
        "payouts",
        "DELETE FROM gift_quarantine WHERE status = 'RETURNED'",
        {("quarantine", "payouts"), ("INV5", "payouts → topic")},
    ),
    "a gift returned by one operator": Fault(
        "payouts",
        """DELETE FROM operator_action
        WHERE action = 'returnQuarantinedGift' AND details::jsonb ? 'proposed'""",
        {("operators", "payouts")},
    ),
    "a minor refund of more than its parts": Fault(
        "wallet",
        "UPDATE minor_refund SET coins = coins + 1",
        {("INV8", "wallet")},
    ),
    "a minor refund of gifts outside its range": Fault(
        "wallet",
        "UPDATE minor_refund SET range_to = range_from + interval '1 microsecond'",
        {("INV8", "wallet")},
    ),
    "a minor refund of somebody else's gifts": Fault(
        "wallet",
        "UPDATE minor_refund SET user_id = 'viewer-0'",
        {("INV8", "wallet")},
    ),
    "a gift taken back for more than was paid": Fault(
        "wallet",
        """UPDATE reversal_leg SET coins = 1000000
        WHERE (reversal_id, position) IN (
            SELECT reversal_id, position FROM reversal_leg WHERE charge_id IS NOT NULL LIMIT 1
        )""",
        {("INV8", "wallet"), ("INV3", "wallet")},
    ),
    "a refund that was not booked": Fault(
        "wallet",
        "UPDATE payment_claim SET claimed_minor = claimed_minor + 1 WHERE claim = 'refund'",
        {("INV4", "wallet")},
    ),
    "a claim on a creator that nobody answers for": Fault(
        "wallet",
        "DELETE FROM leg_settlement WHERE position = (SELECT max(position) FROM leg_settlement)",
        {("INV3", "wallet"), ("INV5", "topic → wallet")},
    ),
    "a settlement of fewer coins than its leg": Fault(
        "wallet",
        """UPDATE leg_settlement SET covered_coins = covered_coins - 1
        WHERE covered_coins > 0""",
        {("INV3", "wallet"), ("INV9", "wallet = gifts = payouts")},
    ),
    "a gift that is reversed without a leg": Fault(
        "gifts",
        "DELETE FROM gift_reversal WHERE position = (SELECT max(position) FROM gift_reversal)",
        {
            ("INV3", "gifts"),
            ("INV5", "topic → gifts"),
            ("INV9", "wallet = gifts = payouts"),
        },
    ),
    "a total that still has what was taken back": Fault(
        "gifts",
        """UPDATE creator_total SET coins = coins + 1
        WHERE creator_id = (SELECT creator_id FROM gift_reversal LIMIT 1)""",
        {("INV3", "gifts")},
    ),
    "a board that still has what was taken back": Fault(
        "gifts",
        """UPDATE board_score AS s SET coins = coins + 1
        FROM gift AS g
        WHERE g.status = 'REVERSED' AND s.user_id = g.sender_id""",
        {("INV3", "gifts")},
    ),
    "a gift on the board of another hour": Fault(
        "gifts",
        """UPDATE board_score
        SET hour_at = date_trunc('day', hour_at, 'UTC')
            + CASE WHEN hour_at = date_trunc('day', hour_at, 'UTC') THEN 1 ELSE 0 END
            * interval '1 hour'""",
        {("INV3", "gifts")},
    ),
    "a gifter who is on no board": Fault(
        "gifts",
        "DELETE FROM board_score WHERE user_id = 'viewer-1'",
        {("INV3", "gifts")},
    ),
    "a leg that waits for a gift that is there": Fault(
        "gifts",
        """INSERT INTO waiting_reversal (
            reversal_id, position, cause_id, gift_id, creator_id, lot_id, coins, reason, told_at
        )
        SELECT
            reversal_id, position + 900, cause_id, gift_id, creator_id, lot_id, 1, reason, told_at
        FROM gift_reversal
        LIMIT 1""",
        {("INV3", "gifts")},
    ),
    "a hold that was given back too early": Fault(
        "payouts",
        """UPDATE payout_history SET at = at - interval '1 microsecond'
        WHERE actor = 'hold_review'""",
        {("holds", "payouts")},
    ),
    "a sanction hit that was given back by itself": Fault(
        "payouts",
        """UPDATE payout_history AS h SET reason = 'sanction_hit'
        FROM payout_history AS n
        WHERE n.payout_id = h.payout_id AND n.actor = 'hold_review' AND h.step = n.step - 1""",
        {("holds", "payouts")},
    ),
    "a release that nobody had proposed": Fault(
        "payouts",
        """DELETE FROM operator_action
        WHERE action = 'decideHeldPayout' AND details::jsonb @> '{"proposed": true}'
            AND action_id = (
                SELECT min(action_id) FROM operator_action WHERE action = 'decideHeldPayout'
            )""",
        {("operators", "payouts")},
    ),
    "a release by whoever had proposed it": Fault(
        "payouts",
        """UPDATE operator_action SET operator_id = 'otto' WHERE action = 'decideHeldPayout';
        UPDATE payout_history SET actor = 'otto' WHERE actor = 'olga'""",
        {("operators", "payouts")},
    ),
    "a release that rests on that of an earlier hold": Fault(
        "payouts",
        """DELETE FROM operator_action AS a
        USING payout_history AS h
        WHERE
            a.action = 'decideHeldPayout'
            AND a.subject = h.payout_id::text
            AND (a.details::jsonb ->> 'held_at_step')::integer = h.step
            AND EXISTS (
                SELECT FROM payout_history
                WHERE payout_id = h.payout_id AND status = 'HELD' AND step < h.step
            )""",
        {("operators", "payouts")},
    ),
    "a release by somebody who is not in the log": Fault(
        "payouts",
        "UPDATE payout_history SET actor = 'ada' WHERE actor = 'olga' AND status = 'QUEUED'",
        {("operators", "payouts")},
    ),
    "much that was released under terms that ask for two": Fault(
        "payouts",
        """DELETE FROM operator_action WHERE action = 'decideHeldPayout';
        UPDATE payout_terms SET document = jsonb_set(
            document::jsonb, '{currencies,USD,second_operator_from_minor}', '2'
        )::text""",
        {("operators", "payouts")},
    ),
    "a correction by one operator": Fault(
        "payouts",
        """DELETE FROM operator_action
        WHERE action = 'correctWithholding' AND details::jsonb @> '{"proposed": true}'""",
        {("operators", "payouts")},
    ),
    "a correction of more than two operators had seen": Fault(
        "payouts",
        """UPDATE operator_action
        SET details = jsonb_set(details::jsonb, '{amount_minor}', '0')::text
        WHERE action = 'correctWithholding' AND NOT details::jsonb @> '{"proposed": true}'""",
        {("operators", "payouts")},
    ),
    "a clawback that was undone by hand": Fault(
        "payouts",
        "DELETE FROM clawback WHERE covered_coins > 0",
        {
            ("INV3", "payouts"),
            ("INV5", "topic → payouts"),
            ("INV9", "wallet = gifts = payouts"),
        },
    ),
    "a clawback of more than the slice earned": Fault(
        "payouts",
        "UPDATE clawback SET micro_diamonds = micro_diamonds + 1 WHERE covered_coins > 0",
        {("INV8", "payouts"), ("INV3", "payouts")},
    ),
    "a bucket that a clawback forgot": Fault(
        "payouts",
        """UPDATE earning_bucket SET clawed_micro_diamonds = 0""",
        {("INV3", "payouts")},
    ),
    "a transfer that vanished": Fault(
        "wallet",
        "DELETE FROM transfer WHERE debit = 'receivable'",
        {("INV3", "wallet")},
    ),
    "totals that the journal does not explain": Fault(
        "wallet",
        """UPDATE account
        SET debits_coins = debits_coins + 1, credits_coins = credits_coins + 1
        WHERE owner_id = 'viewer-1'""",
        {("INV3", "wallet")},
    ),
    "a version that was not moved": Fault(
        "wallet",
        "UPDATE account SET version = version - 1 WHERE owner_id = 'viewer-1'",
        {("INV3", "wallet"), ("INV5", "wallet → topic")},
    ),
    "a movement that leaves another balance": Fault(
        "wallet",
        """UPDATE movement SET balance_coins = balance_coins + 1
        WHERE movement_id = (TABLE some_charge)""",
        {("INV3", "wallet")},
    ),
    "a shard that took another's coins": Fault(
        "wallet",
        """UPDATE system_account SET credits_coins = credits_coins + moved.by
        FROM (
            SELECT
                shard,
                CASE WHEN row_number() OVER (ORDER BY shard) = 1 THEN 1 ELSE -1 END AS by
            FROM system_account
            WHERE name = 'gift_clearing'
            ORDER BY shard
            LIMIT 2
        ) AS moved
        WHERE name = 'gift_clearing' AND system_account.shard = moved.shard""",
        {("INV3", "wallet")},
    ),
    "slices that are not all of a charge": Fault(
        "wallet",
        """ALTER TABLE movement DROP CONSTRAINT movement_slices_add_up;
        UPDATE movement SET lot_coins[1] = lot_coins[1] + 1
        WHERE movement_id = (SELECT movement_id FROM movement WHERE lot_ids IS NOT NULL LIMIT 1)""",
        {("INV8", "wallet"), ("INV5", "wallet → topic")},
    ),
    "a lot that lost a coin": Fault(
        "wallet",
        "UPDATE lot SET coins = coins + 1 WHERE lot_id = (SELECT min(lot_id) FROM lot)",
        {("INV8", "wallet"), ("INV4", "wallet")},
    ),
    "a lot that another viewer's charge took from": Fault(
        "wallet",
        """UPDATE movement SET lot_id = (
            SELECT max(lot_id) FROM lot WHERE account_id <> movement.account_id
        )
        WHERE movement_id = (
            SELECT movement_id FROM movement
            WHERE kind = 'charge' AND outcome = 'posted' AND lot_ids IS NULL
            LIMIT 1
        )""",
        {("INV8", "wallet"), ("INV5", "wallet → topic")},
    ),
    "a payment that was credited twice": Fault(
        "wallet",
        """INSERT INTO lot (
            account_id, coins, acquired_at, refundable_until, movement_id, class, source_kind,
            source_id
        )
        SELECT
            account_id, coins, acquired_at, refundable_until, gen_random_uuid(), class,
            source_kind, source_id
        FROM lot
        WHERE class = 'purchased'
        LIMIT 1""",
        {("INV4", "wallet"), ("INV8", "wallet")},
    ),
    "a purchase that was never told": Fault(
        "wallet",
        """INSERT INTO purchase
        SELECT (jsonb_populate_record(p, jsonb_build_object(
            'purchase_id', gen_random_uuid(), 'payment_id', 'another'
        ))).*
        FROM purchase AS p
        LIMIT 1""",
        {("INV4", "wallet"), ("INV5", "wallet → topic")},
    ),
    "an outcome that is gone": Fault(
        "wallet",
        "DELETE FROM movement WHERE movement_id = (TABLE some_charge)",
        {("INV4", "topic → wallet"), ("INV5", "wallet → topic"), ("INV3", "wallet")},
    ),
    "a gift that no history shows": Fault(
        "gifts",
        "DELETE FROM received_gift WHERE seq = (SELECT min(seq) FROM received_gift)",
        {("INV3", "gifts")},
    ),
    "a gift that a history shows twice": Fault(
        "gifts",
        "INSERT INTO received_gift (creator_id, gift_id)"
        " SELECT creator_id, gift_id FROM received_gift LIMIT 1",
        {("INV3", "gifts")},
    ),
    "a creator's total that gifts do not explain": Fault(
        "gifts",
        "UPDATE creator_total SET coins = coins + 1 WHERE creator_id = 'star'",
        {("INV3", "gifts")},
    ),
    "a gifter's points that gifts do not explain": Fault(
        "gifts",
        "UPDATE gifter SET points = points + 1 WHERE user_id = 'viewer-1'",
        {("INV3", "gifts")},
    ),
    "a gifter who was forgotten": Fault(
        "gifts",
        "DELETE FROM gifter WHERE user_id = 'viewer-1'",
        {("INV3", "gifts")},
    ),
    "a fan who was forgotten": Fault(
        "gifts",
        "DELETE FROM fan_club_member",
        {("INV3", "gifts")},
    ),
    "a fan who never joined": Fault(
        "gifts",
        "INSERT INTO fan_club_member"
        " SELECT creator_id, 'viewer-1', joined_gift_id, joined_at, false, active_at, 0, 1"
        " FROM fan_club_member",
        {("INV3", "gifts")},
    ),
    "a membership that ended for nothing": Fault(
        "gifts",
        "UPDATE fan_club_member SET is_taken_back = NOT is_taken_back",
        {("INV3", "gifts")},
    ),
    "a fan who was never active then": Fault(
        "gifts",
        "UPDATE fan_club_member SET active_at = active_at + interval '1 s'",
        {("INV3", "gifts")},
    ),
    "a price that the catalogue never had": Fault(
        "gifts",
        "UPDATE gift SET price_coins = price_coins + 1 WHERE gift_id = (TABLE some_sent_gift)",
        {("INV8", "gifts"), ("INV4", "gifts → topic"), ("INV9", "wallet = gifts = payouts")},
    ),
    "a gift without an answer": Fault(
        "gifts",
        """UPDATE gift SET status = 'PENDING', settled_at = NULL
        WHERE gift_id = (TABLE some_sent_gift)""",
        {("drained", "gifts"), ("INV5", "topic → gifts"), ("INV3", "gifts")},
    ),
    "a gift that was refused though it was paid for": Fault(
        "gifts",
        """UPDATE gift
        SET status = 'REFUSED', refusal_code = 'x', needed_coins = 1, balance_coins = 0
        WHERE gift_id = (TABLE some_sent_gift)""",
        {("INV5", "topic → gifts"), ("INV5", "gifts → topic")},
    ),
    "a gift that nobody was asked to charge": Fault(
        "gifts",
        """INSERT INTO gift (
            gift_id, price_coins, requested_at, settled_at, count, catalogue_version, sender_id,
            creator_id, item_id, target_kind, target_id, status, body_hash
        )
        SELECT
            gen_random_uuid(), price_coins, requested_at, settled_at, count, catalogue_version,
            sender_id, creator_id, item_id, target_kind, target_id, status, body_hash
        FROM gift
        WHERE status = 'SENT'
        LIMIT 1""",
        {("INV4", "gifts → topic"), ("INV5", "topic → gifts"), ("INV5", "gifts → topic")},
    ),
    "diamonds from nowhere": Fault(
        "payouts",
        """UPDATE creator_earning SET lifetime_micro_diamonds = lifetime_micro_diamonds + 1
        WHERE creator_id = 'star'""",
        {("INV1", "payouts"), ("INV3", "payouts"), ("INV5", "payouts → topic")},
    ),
    "diamonds that mature too early": Fault(
        "payouts",
        """UPDATE earning_bucket SET matures_on = matures_on - 1 WHERE creator_id = 'star'""",
        {("INV3", "payouts")},
    ),
    "earnings told as available too early": Fault(
        "payouts",
        """UPDATE creator_earning
        SET
            pending_micro_diamonds = pending_micro_diamonds - 1,
            available_micro_diamonds = available_micro_diamonds + 1
        WHERE pending_micro_diamonds > 0""",
        {("INV3", "payouts"), ("INV5", "payouts → topic")},
    ),
    "a day of maturity that the clock does not know of": Fault(
        "payouts",
        "UPDATE creator_earning SET matures_next = NULL",
        {("INV3", "payouts")},
    ),
    "a clock that has stopped": Fault(
        "payouts",
        "UPDATE creator_earning SET figured_on = '2020-01-01', matures_next = '2020-01-02'",
        {("INV3", "payouts")},
    ),
    "an accrual that is gone": Fault(
        "payouts",
        "DELETE FROM accrual WHERE gift_id = (TABLE some_accrual)",
        {("INV5", "topic → payouts"), ("INV3", "payouts"), ("INV9", "wallet = gifts = payouts")},
    ),
    "an accrual that no gift explains": Fault(
        "payouts",
        """INSERT INTO accrual
        SELECT (jsonb_populate_record(a, jsonb_build_object('gift_id', gen_random_uuid()))).*
        FROM accrual AS a
        LIMIT 1""",
        {("INV5", "topic → payouts"), ("INV9", "wallet = gifts = payouts")},
    ),
    "slices that are not all of an accrual": Fault(
        "payouts",
        """ALTER TABLE accrual DROP CONSTRAINT accrual_slices_add_up_to_coins;
        ALTER TABLE accrual DROP CONSTRAINT accrual_slices_add_up_to_micro_diamonds;
        UPDATE accrual SET slice_coins[1] = slice_coins[1] + 1
        WHERE gift_id = (TABLE some_accrual)""",
        {("INV8", "payouts"), ("INV5", "topic → payouts")},
    ),
    "an accrual at a rate that was not in force": Fault(
        "payouts",
        """INSERT INTO earning_rate
        SELECT (jsonb_populate_record(r, jsonb_build_object(
            'version', 2, 'effective_from', now() + INTERVAL '1 day'
        ))).*
        FROM earning_rate AS r;
        UPDATE accrual SET rate_version = 2 WHERE gift_id = (TABLE some_accrual)""",
        {("INV8", "payouts"), ("INV3", "payouts")},
    ),
    "more diamonds per coin than the rate": Fault(
        "payouts",
        """UPDATE accrual
        SET
            micro_diamonds = micro_diamonds + 1,
            slice_micro_diamonds[1] = slice_micro_diamonds[1] + 1
        WHERE gift_id = (TABLE some_accrual)""",
        {("INV8", "payouts"), ("INV3", "payouts")},
    ),
    "coins of another class": Fault(
        "payouts",
        "UPDATE accrual SET lot_classes[1] = 'granted'",
        {("INV8", "wallet = payouts"), ("INV8", "payouts")},
    ),
    "a slice that matures before its lot": Fault(
        "payouts",
        "UPDATE accrual SET matures_on[1] = matures_on[1] - 1 WHERE gift_id = (TABLE some_accrual)",
        {("INV8", "wallet = payouts"), ("INV3", "payouts")},
    ),
    "a lot that the wallet does not have": Fault(
        "payouts",
        "UPDATE accrual SET lot_ids[1] = 999999 WHERE gift_id = (TABLE some_accrual)",
        {("INV8", "wallet = payouts"), ("INV5", "topic → payouts")},
    ),
    "a diamond that no payout took": Fault(
        "payouts",
        """UPDATE earning_bucket SET taken_micro_diamonds = taken_micro_diamonds + 1
        WHERE taken_micro_diamonds > 0 AND creator_id = 'star'""",
        {("INV7", "payouts")},
    ),
    "diamonds paid out and given back": Fault(
        "payouts",
        """UPDATE earning_bucket SET taken_micro_diamonds = 0 WHERE creator_id = 'star'""",
        {("INV7", "payouts")},
    ),
    "a payout that took a part twice": Fault(
        "payouts",
        """UPDATE payout_part SET micro_diamonds = 2 * micro_diamonds
        WHERE payout_id = (TABLE paid_payout)""",
        {("INV7", "payouts"), ("INV8", "payouts")},
    ),
    "a payout whose way back is forgotten": Fault(
        "payouts",
        """UPDATE payout SET status = 'PAID', reason = NULL WHERE status = 'RETURNED'""",
        {("INV3", "payouts"), ("INV7", "payouts")},
    ),
    "a return that happened twice": Fault(
        "payouts",
        """INSERT INTO payout_history
        SELECT payout_id, step + 1, status, at, actor, reason
        FROM payout_history
        WHERE status = 'RETURNED'""",
        {("INV3", "payouts")},
    ),
    "a payment without a sending": Fault(
        "payouts",
        """DELETE FROM payout_history
        WHERE status = 'SUBMITTED' AND payout_id = (TABLE paid_payout)""",
        {("INV3", "payouts"), ("INV5", "payouts → topic")},
    ),
    "a payout that paid no fees": Fault(
        "payouts",
        """ALTER TABLE payout DROP CONSTRAINT payout_fees_and_net_are_all;
        UPDATE payout SET net_minor = net_minor + 1 WHERE payout_id = (TABLE paid_payout)""",
        {("INV8", "payouts")},
    ),
    "more withheld than the share": Fault(
        "payouts",
        "UPDATE payout SET withheld_bps = 4999 WHERE payout_id = (TABLE paid_payout)",
        {("INV8", "payouts")},
    ),
    "a payout whose withholding nobody owes": Fault(
        "payouts",
        """DELETE FROM withholding_entry
        WHERE kind = 'WITHHELD' AND payout_id = (TABLE paid_payout)""",
        {("INV3", "payouts")},
    ),
    "withholding of a payout that came back": Fault(
        "payouts",
        "DELETE FROM withholding_entry WHERE kind = 'RETURNED'",
        {("INV3", "payouts")},
    ),
    "withholding for another year": Fault(
        "payouts",
        """UPDATE withholding_entry SET tax_year = tax_year + 1
        WHERE payout_id = (TABLE paid_payout)""",
        {("INV3", "payouts")},
    ),
    "a correction that was paid and stays due": Fault(
        "payouts",
        "DELETE FROM withholding_entry WHERE kind = 'SETTLED'",
        {("INV3", "payouts")},
    ),
    "a correction for somebody else": Fault(
        "payouts",
        """UPDATE withholding_entry SET creator_id = 'ben'
        WHERE kind = 'CORRECTED' AND creator_id = 'star'""",
        {("INV3", "payouts")},
    ),
    "a commission of more than the share": Fault(
        "payouts",
        """UPDATE payout_commission SET amount_minor = amount_minor + 1
        WHERE payout_id = (TABLE split_payout)""",
        {("INV8", "payouts"), ("INV3", "payouts")},
    ),
    "a commission that nobody agreed to": Fault(
        "payouts",
        "UPDATE agency_contract SET accepted_at = NULL, status = 'PROPOSED'",
        {("INV8", "payouts")},
    ),
    "a commission at the share of another contract": Fault(
        "payouts",
        "UPDATE agency_contract SET share_bps = 4999",
        {("INV8", "payouts")},
    ),
    "a split that the payout does not know of": Fault(
        "payouts",
        """UPDATE payout SET commission_minor = 0, net_minor = net_minor + commission_minor
        WHERE payout_id = (TABLE split_payout)""",
        {("INV8", "payouts")},
    ),
    "a commission that nobody is owed": Fault(
        "payouts",
        """DELETE FROM commission_entry
        WHERE kind = 'EARNED' AND payout_id = (TABLE split_payout)""",
        {("INV3", "payouts"), ("INV7", "payouts")},
    ),
    "a commission of a payout that came back": Fault(
        "payouts",
        "DELETE FROM commission_entry WHERE kind = 'RETURNED'",
        {("INV3", "payouts")},
    ),
    "a commission that is due at once": Fault(
        "payouts",
        "UPDATE commission_entry SET due_at = at WHERE kind = 'EARNED'",
        {("INV3", "payouts")},
    ),
    "a commission for another agency": Fault(
        "payouts",
        """UPDATE commission_entry SET agency_id = 'other'
        WHERE payout_id = (TABLE split_payout)""",
        {("INV3", "payouts")},
    ),
    "a commission that was paid and stays owed": Fault(
        "payouts",
        """DELETE FROM commission_entry
        WHERE kind = 'SETTLED' AND payout_id IN (SELECT payout_id FROM payout WHERE status = 'PAID')
        """,
        {("INV7", "payouts")},
    ),
    "a payout to an agency that did not arrive and is not owed again": Fault(
        "payouts",
        "DELETE FROM commission_entry WHERE kind = 'UNSETTLED'",
        {("INV7", "payouts")},
    ),
    "an agency that was paid what it never earned": Fault(
        "payouts",
        """UPDATE commission_entry SET amount_minor = amount_minor - 1 WHERE kind = 'SETTLED'""",
        {("INV7", "payouts")},
    ),
    "a payout of what had not matured": Fault(
        "payouts",
        """UPDATE payout SET requested_at = requested_at - INTERVAL '59 days'
        WHERE payout_id = (TABLE paid_payout)""",
        {("INV8", "payouts")},
    ),
    "a payout for more than it was worth": Fault(
        "payouts",
        "UPDATE payout SET worth_minor = worth_minor + 1 WHERE payout_id = (TABLE paid_payout)",
        {("INV8", "payouts")},
    ),
    "a figure of a gift too many": Fault(
        "payouts",
        """UPDATE creator_figure SET gifts = gifts + 1
        WHERE (creator_id, breakdown, day, key) = (
            SELECT creator_id, breakdown, day, key FROM creator_figure LIMIT 1
        )""",
        {("INV3", "payouts")},
    ),
    "figures of another gifter": Fault(
        "payouts",
        """UPDATE creator_figure SET key = 'nobody'
        WHERE (creator_id, breakdown, day, key) = (
            SELECT creator_id, breakdown, day, key FROM creator_figure
            WHERE breakdown = 'GIFTER' LIMIT 1
        )""",
        {("INV3", "payouts")},
    ),
    "a statement of more than was earned": Fault(
        "payouts",
        """UPDATE statement SET
            earned_micro_diamonds = earned_micro_diamonds + 1,
            paid_out_micro_diamonds = paid_out_micro_diamonds + 1
        WHERE creator_id = 'star' AND number = 1""",
        {("INV3", "payouts")},
    ),
    "a statement that opens elsewhere": Fault(
        "payouts",
        """UPDATE statement SET
            opening_micro_diamonds = opening_micro_diamonds + 1,
            closing_micro_diamonds = closing_micro_diamonds + 1
        WHERE creator_id = 'star' AND number = 1""",
        {("INV3", "payouts")},
    ),
    "a statement that is lost": Fault(
        "payouts",
        "DELETE FROM statement WHERE creator_id = 'star' AND number = 2",
        {("INV3", "payouts")},
    ),
    "a gift that a statement cannot have known": Fault(
        "payouts",
        """UPDATE accrual SET recorded_by = pg_current_xact_id()
        WHERE gift_id = (TABLE some_accrual)""",
        {("INV3", "payouts")},
    ),
    "a charge that passed a limit": Fault(
        "wallet",
        "UPDATE spend_limits SET creator_day_coins = 1",
        {("limits", "wallet")},
    ),
    "a charge that passed a limit which was lowered before it": Fault(
        "wallet",
        """INSERT INTO spend_limits (
            account_id, version, account_version, set_at, set_by, policy_version, day_coins,
            creator_day_coins
        )
        SELECT account_id, 3, account_version + 5, now(), set_by, 1, 40, 2
        FROM spend_limits WHERE version = 2;
        UPDATE account SET limits_version = 3 WHERE owner_id = 'viewer-3'""",
        {("limits", "wallet")},
    ),
    "a charge that passed the cap on one": Fault(
        "wallet",
        "UPDATE platform_caps SET charge_coins = 1",
        {("limits", "wallet")},
    ),
    "charges that passed a day's cap together": Fault(
        "wallet",
        "UPDATE platform_caps SET day_coins = 5, charge_coins = 5",
        {("limits", "wallet")},
    ),
    "a charge under caps that were not in force": Fault(
        "wallet",
        "UPDATE spend_policy SET effective_from = now() + INTERVAL '1 day' WHERE version = 2",
        {("limits", "wallet")},
    ),
    "a charge that met no caps where there were some": Fault(
        "wallet",
        """UPDATE spend_policy SET published_at = now() - INTERVAL '1 hour';
        UPDATE movement SET caps_id = NULL
        WHERE movement_id = (SELECT movement_id FROM movement WHERE kind = 'charge' LIMIT 1)""",
        {("limits", "wallet")},
    ),
    "a rise that held at once": Fault(
        "wallet",
        """INSERT INTO spend_limits (
            account_id, version, account_version, set_at, set_by, policy_version, day_coins,
            creator_day_coins
        )
        SELECT account_id, 3, account_version + 1000, now(), set_by, 1, 40, 16
        FROM spend_limits WHERE version = 2;
        UPDATE account SET limits_version = 3 WHERE owner_id = 'viewer-3'""",
        {("limits", "wallet")},
    ),
    "a limit taken off after a day instead of a week": Fault(
        "wallet",
        """UPDATE spend_limits SET pending_from = pending_since + INTERVAL '167 hours'
        WHERE version = 2""",
        {("limits", "wallet")},
    ),
    "limits that the account is not under": Fault(
        "wallet",
        "UPDATE account SET limits_version = 1 WHERE owner_id = 'viewer-3'",
        {("limits", "wallet")},
    ),
    "a refusal told with another limit": Fault(
        "wallet",
        "UPDATE limit_refusal SET spent_coins = spent_coins + 1",
        {("INV5", "wallet → topic")},
    ),
    "an outbox row that is gone": Fault(
        "wallet",
        """DELETE FROM outbox WHERE (stream, seq) = (
            SELECT stream, min(seq) + 1 FROM outbox GROUP BY stream HAVING count(*) > 2 LIMIT 1
        )""",
        {("INV6", "wallet")},
    ),
    "the first outbox row, gone before its time": Fault(
        "wallet",
        "DELETE FROM outbox WHERE seq = 1 AND stream = 'api'",
        {("INV6", "wallet")},
    ),
    "the last outbox row, gone": Fault(
        "gifts",
        """DELETE FROM outbox WHERE (stream, seq) = (
            SELECT stream, next_seq - 1 FROM outbox_stream WHERE stream = 'api'
        )""",
        {("INV6", "gifts")},
    ),
    "an outbox row that was rewritten": Fault(
        "payouts",
        "UPDATE outbox SET records = records || 'x'::bytea WHERE seq = 1",
        {("INV6", "payouts")},
    ),
    "an outbox head that forgot its last row": Fault(
        "gifts",
        "UPDATE outbox_stream SET head_hash = sha256('x') WHERE stream = 'api'",
        {("INV6", "gifts")},
    ),
    "a record that was set aside and not announced": Fault(
        "gifts",
        "INSERT INTO dead_letter VALUES ('wallet.charge.v1', 0, 99999, NULL, NULL, '', 'why')",
        {("letters", "all"), ("letters", "all → topic")},
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_fault_is_seen(broken: Copy, fault: Fault) -> None:
    """The invariant is reported for the right books, with an example."""
    copy = await broken()
    async with copy.tampering(fault.service) as conn:
        await conn.execute(SOME[fault.service])
        await conn.execute(fault.statement)

    report = await check(copy.addresses if fault.needs_topics else copy.databases_alone)

    breached = [finding for finding in report.findings if finding.wrong]
    assert fault.broken <= {(finding.invariant, finding.of) for finding in breached}
    assert all(finding.examples for finding in breached)
    assert not report.clean
