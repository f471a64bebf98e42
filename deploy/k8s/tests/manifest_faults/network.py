"""Ways that nobody drew, and ways that are closed."""

from manifest_faults.planting import Fault, add, drop, spec

_OPEN = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "open"},
    "spec": {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "gateway"}},
        "policyTypes": ["Egress"],
        "egress": [{"ports": [{"port": 5432}], "to": [{"podSelector": {}}]}],
    },
}

NETWORK = [
    Fault(
        "a way that nobody drew",
        "kind",
        lambda o: add(o, _OPEN),
        "gateway may reach wallet-postgres on 5432, which nobody drew",
    ),
    Fault(
        "a way that is closed",
        "production",
        lambda o: drop(o, "NetworkPolicy", "gifts-worker"),
        "gifts-worker cannot reach kafka on 9093",
    ),
    Fault(
        "what was told cannot be read again",
        "production",
        lambda o: drop(o, "NetworkPolicy", "payouts-recover"),
        "payouts-recover cannot reach kafka on 9093",
    ),
    Fault(
        "books that cannot be read",
        "kind",
        lambda o: drop(o, "NetworkPolicy", "checker"),
        "checker cannot reach payouts-postgres on 5432",
    ),
    Fault(
        "a result that cannot be told",
        "production",
        lambda o: drop(o, "NetworkPolicy", "checker-telling"),
        "checker cannot reach collector on 4318",
    ),
    Fault(
        "nothing denied",
        "kind",
        lambda o: drop(o, "NetworkPolicy", "default-deny"),
        "nothing is denied",
    ),
    Fault(
        "anywhere outside",
        "production",
        lambda o: spec(o, "NetworkPolicy", "gifts-worker")["egress"].append(
            {"ports": [{"port": 443}]}
        ),
        "gifts-worker may reach outside on 443, which nobody drew",
    ),
]
