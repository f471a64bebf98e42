"""Topics, rights and scaling that the contracts do not have."""

from typing import Any

from manifest_faults.planting import Fault, cron, drop, spec
from manifests.objects import Objects


def recovery_secret(objects: Objects) -> Any:
    """Where payouts' recovery has its password for Kafka from."""
    sources = cron(objects, "payouts-recover")["template"]["spec"]["volumes"][0]["projected"]
    return next(
        source["secret"]
        for source in sources["sources"]
        if source["secret"]["name"] == "payouts-recover"
    )


STREAMS = [
    Fault(
        "a topic with other partitions",
        "production",
        lambda o: spec(o, "KafkaTopic", "gifts.gift.v1").update(partitions=8),
        "topic gifts.gift.v1 has 8 partitions, not 24",
    ),
    Fault(
        "a topic that nobody makes",
        "production",
        lambda o: drop(o, "KafkaTopic", "wallet.charge.v1"),
        "topic wallet.charge.v1 is declared, and nobody makes it",
    ),
    Fault(
        "a topic that is kept once",
        "production",
        lambda o: spec(o, "KafkaTopic", "wallet.charge.v1").update(replicas=1),
        "topic wallet.charge.v1 is not kept by three",
    ),
    Fault(
        "a topic that is kept for another time",
        "production",
        lambda o: spec(o, "KafkaTopic", "gifts.live.v1")["config"].update({"retention.ms": 1}),
        "topic gifts.live.v1 keeps records for another time",
    ),
    Fault(
        "a right too many",
        "production",
        lambda o: spec(o, "KafkaUser", "live-hub")["authorization"]["acls"][0]["operations"].append(
            "Write"
        ),
        "KafkaUser live-hub may topic",
    ),
    Fault(
        "a checker that writes",
        "production",
        lambda o: spec(o, "KafkaUser", "checker")["authorization"]["acls"][0]["operations"].append(
            "Write"
        ),
        "KafkaUser checker may topic",
    ),
    Fault(
        "a topic that the checker cannot read",
        "production",
        lambda o: spec(o, "KafkaUser", "checker")["authorization"]["acls"].pop(),
        "KafkaUser checker may not topic",
    ),
    Fault(
        "a worker that reads what it writes",
        "production",
        lambda o: spec(o, "KafkaUser", "gifts")["authorization"]["acls"][0]["operations"].append(
            "Read"
        ),
        "KafkaUser gifts may topic gifts.charge.v1 Read, and does not need to",
    ),
    Fault(
        "a recovery that cannot read",
        "production",
        lambda o: spec(o, "KafkaUser", "gifts-recover")["authorization"]["acls"].pop(),
        "KafkaUser gifts-recover may not topic gifts.gift.v1 Read",
    ),
    Fault(
        "a recovery that writes",
        "production",
        lambda o: spec(o, "KafkaUser", "payouts-recover")["authorization"]["acls"][0][
            "operations"
        ].append("Write"),
        "KafkaUser payouts-recover may topic payouts.diamonds.v1 Write",
    ),
    Fault(
        "a recovery in its worker's name",
        "production",
        lambda o: cron(o, "gifts-recover")["template"]["spec"]["containers"][0].pop("env"),
        "CronJob/gifts-recover: enters Kafka as gifts, not as gifts-recover",
    ),
    Fault(
        "somebody else's password",
        "production",
        lambda o: recovery_secret(o).update(name="payouts"),
        "CronJob/payouts-recover: payouts-recover's password for Kafka is looked for in",
    ),
    Fault(
        "a right that is missing",
        "production",
        lambda o: spec(o, "KafkaUser", "payouts")["authorization"]["acls"].pop(),
        "KafkaUser payouts may not group payouts Read",
    ),
    Fault(
        "rights to whatever begins like this",
        "production",
        lambda o: spec(o, "KafkaUser", "wallet")["authorization"]["acls"][0]["resource"].update(
            patternType="prefix"
        ),
        "*",
    ),
    Fault(
        "more workers than partitions",
        "production",
        lambda o: spec(o, "ScaledObject", "gifts-worker").update(maxReplicaCount=25),
        "ScaledObject/gifts-worker: more workers than the 24 partitions",
    ),
    Fault(
        "a topic that nobody watches the lag of",
        "production",
        lambda o: spec(o, "ScaledObject", "gifts-worker")["triggers"].pop(),
        "ScaledObject/gifts-worker: follows",
    ),
    Fault(
        "a number of pods that two say",
        "production",
        lambda o: spec(o, "Deployment", "gateway").update(replicas=3),
        "Deployment/gateway: says how many replicas",
    ),
]
