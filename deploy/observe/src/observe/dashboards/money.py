"""What is sold, given, taken back and owed."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from observe.dashboards.panels import RATE, Row, board, burn, figure, lines, percentiles

_MINTS = 'account=~"mint:.*"'
_ALL = 'sum(max by (account, side) (largesse_house_coins{{side="{}"}}))'


def _moved(account: str, side: str) -> str:
    return f'max by (account) (largesse_house_coins{{account="{account}", side="{side}"}})'


def _per_hour(expr: str) -> str:
    """Of figures that stand in a database and only grow."""
    return f"sum(max by (account) (increase({expr}[1h])))"


def dashboard() -> Dashboard:
    """The money."""
    return board(
        "the money",
        "money",
        "Coins and diamonds, as the ledgers have them",
        _now(),
        _flows(),
        _checks(),
    )


def _now() -> Row:
    """How it stands."""
    return [
        figure("Coins sold", "Against money, since the beginning", "largesse:sold_coins"),
        figure(
            "Liability: coins outstanding",
            "What viewers hold: all that came out of the house's accounts less what came back",
            f"{_ALL.format('debits')} - {_ALL.format('credits')}",
        ),
        figure("Owed by viewers", "Debt after reversals", "largesse:debt_coins"),
        figure(
            "Liability: diamonds owed",
            "In millionths; of the daily job's last run",
            "max(last_over_time(largesse_owed_micro_diamonds[26h]))",
        ),
    ]


def _flows() -> Row:
    """Where coins come from and go to."""
    return [
        lines(
            "Coins per hour",
            "Sold, given as bonus, charged for gifts, and taken back of what was sold",
            (_per_hour(f'largesse_house_coins{{{_MINTS}, side="debits"}}'), "sold"),
            (_per_hour('largesse_house_coins{account="promotion", side="debits"}'), "bonus"),
            (_per_hour('largesse_house_coins{account="gift_clearing", side="credits"}'), "charged"),
            (_per_hour(f'largesse_house_coins{{{_MINTS}, side="credits"}}'), "refunded"),
        ),
        lines(
            "Who bears what was taken back",
            "Coins since the beginning, by the accounts of the waterfall",
            ("largesse:debt_coins", "viewers owe"),
            (_moved("creator_claim", "debits"), "asked of creators"),
            (_moved("reserve", "debits"), "reserve"),
            (_moved("platform_loss", "debits"), "lost"),
            (_moved("reversal_clearing", "credits"), "ever held by disputes"),
        ),
        lines(
            "Payment to coins",
            "From a provider's delivery to the commit that has the coins",
            *percentiles("largesse_webhook_seconds"),
            unit="s",
        ),
        lines(
            "Deliveries of providers",
            "By what came of them",
            (
                f"sum by (provider, outcome) (rate(largesse_webhook_deliveries_total[{RATE}]))",
                "{{provider}} {{outcome}}",
            ),
            unit="reqps",
        ),
    ]


def _checks() -> Row:
    """Whether it is right."""
    return [
        burn("Payment to coins", "purchase_credit"),
        figure(
            "Books",
            "Places where the last runs of the checker found them broken",
            'sum(last_over_time(largesse_books_wrong{invariant!~"drained|letters"}[26h]))',
        ),
        figure(
            "Books last checked",
            "",
            "max(last_over_time(largesse_books_checked_timestamp_seconds[7d])) * 1000",
            unit="dateTimeFromNow",
        ),
        figure(
            "Waits for a person",
            "Overdue in the daily job's last run: disputes, holds, errands, deliveries",
            "sum(max by (queue) (last_over_time(largesse_overdue[26h])))",
        ),
    ]
