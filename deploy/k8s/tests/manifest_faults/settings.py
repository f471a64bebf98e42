"""Settings that are misspelt, missing or refused."""

from manifest_faults.planting import Fault, body, data, pod, rename

SETTINGS = [
    Fault(
        "a misspelt variable",
        "kind",
        lambda o: rename(
            data(o, "gifts-settings"), "GIFTS_BATTLE_LENGTH_S", "GIFTS_BATTLE_LENTH_S"
        ),
        "gifts has no setting GIFTS_BATTLE_LENTH_S",
    ),
    Fault(
        "a misspelt variable of a job",
        "kind",
        lambda o: rename(data(o, "checker-settings"), "CHECKER_WALLET_DSN", "CHECKER_WALET_DSN"),
        "CronJob/checker: checker has no setting CHECKER_WALET_DSN",
    ),
    Fault(
        "a value that the daily job refuses",
        "production",
        lambda o: data(o, "checker-settings").pop("CHECKER_KAFKA_USERNAME"),
        "CronJob/daily: checker.daily would not start",
    ),
    Fault(
        "a misspelt variable of the gateway",
        "kind",
        lambda o: data(o, "gateway-settings").update(GATEWAY_RATE_LIMITS="1"),
        "gateway has no setting GATEWAY_RATE_LIMITS",
    ),
    Fault(
        "a misspelt file",
        "kind",
        lambda o: rename(
            body(o, "Secret", "wallet-secrets")["data"],
            "WALLET_SANDBOX_API_KEY",
            "WALLET_SANDBOX_KEY",
        ),
        "wallet has no setting WALLET_SANDBOX_KEY",
    ),
    Fault(
        "a secret of somebody else's",
        "kind",
        lambda o: pod(o, "Deployment", "gifts-api")["volumes"][0]["projected"]["sources"].append(
            {
                "secret": {
                    "name": "gifts",
                    "items": [{"key": "password", "path": "GIFTS_KAFKA_PASSWORD"}],
                }
            }
        ),
        "gifts api does not use the secret GIFTS_KAFKA_PASSWORD",
    ),
    Fault(
        "a missing variable",
        "kind",
        lambda o: data(o, "payouts-settings").pop("PAYOUTS_PUBLIC_URL"),
        "PAYOUTS_PUBLIC_URL is not told",
    ),
    Fault(
        "another service's variable",
        "kind",
        lambda o: data(o, "payouts-settings").update(WALLET_HTTP_HOST="0.0.0.0"),
        "WALLET_HTTP_HOST is no setting of payouts",
    ),
    Fault(
        "a value that the program refuses",
        "kind",
        lambda o: data(o, "live-hub-settings").update(LIVE_HUB_HTTP_PORT="many"),
        "live_hub would not start",
    ),
    Fault(
        "a value that the gateway refuses",
        "kind",
        lambda o: data(o, "gateway-settings").update(GATEWAY_PORT="many"),
        "gateway would not start: GATEWAY_PORT is not a whole number",
    ),
    Fault(
        "a variable that is a file as well",
        "production",
        lambda o: data(o, "wallet-settings").update(WALLET_KAFKA_PASSWORD="x"),
        "WALLET_KAFKA_PASSWORD is said twice",
    ),
    Fault(
        "half of what TLS to Kafka needs",
        "production",
        lambda o: data(o, "wallet-settings").pop("WALLET_KAFKA_USERNAME"),
        "wallet would not start",
    ),
]

COMPLETENESS = [
    Fault(
        "a setting that nobody has thought of",
        "production",
        lambda o: data(o, "gifts-settings").pop("GIFTS_OTLP_ENDPOINT"),
        "gifts: nobody says GIFTS_OTLP_ENDPOINT",
    ),
    Fault(
        "a database that nobody proves",
        "production",
        lambda o: data(o, "checker-settings").pop("CHECKER_PAYOUTS_DSN"),
        "checker: nobody says CHECKER_PAYOUTS_DSN",
    ),
]
