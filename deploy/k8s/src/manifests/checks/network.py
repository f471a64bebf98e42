"""Who may reach whom: what NetworkPolicies open is what the architecture draws, and nothing else.

Pods are those of the overlay and those that operators make. A way is open where the sender may send
and the receiver may receive, as Kubernetes decides it: a pod that no policy is for may do anything.
"""

from collections.abc import Iterator, Mapping, Set
from typing import Any, Final, NamedTuple

from local_stack.databases import SERVICES
from manifests.objects import Object, Objects, matches
from manifests.operators import made_pods
from manifests.streams import recovering, reread

OUTSIDE: Final = "outside"
"""Addresses that are not the cluster's own."""

_EVERYWHERE: Final = ("0.0.0.0/0", "::/0")


class Pod(NamedTuple):
    """Pods that are the same to policies."""

    name: str
    labels: Mapping[str, str]
    ports: Mapping[str, int]


class Arrow(NamedTuple):
    """A way that is open."""

    sender: str
    receiver: str
    port: int


def architecture(objects: Objects) -> Set[Arrow]:
    """The arrows of architecture.md, for what of it is in these objects."""
    there = {pod.name for pod in pods(objects)}
    arrows = {Arrow("gateway", f"{service}-api", 8080) for service in SERVICES}
    arrows |= {Arrow("gateway", "live-hub", 8080), Arrow("live-hub", "kafka", 9093)}
    arrows.add(Arrow("checker", "kafka", 9093))
    for service in SERVICES:
        for process in ("api", "worker", "migrate"):
            arrows.add(Arrow(f"{service}-{process}", f"{service}-postgres", 5432))
        arrows.add(Arrow(f"{service}-worker", "kafka", 9093))
        arrows.add(Arrow("checker", f"{service}-postgres", 5432))
        arrows.add(Arrow(f"{service}-api", OUTSIDE, 443))
    for service in reread():
        name = recovering(service)
        arrows |= {Arrow(name, f"{service}-postgres", 5432), Arrow(name, "kafka", 9093)}
    arrows |= {Arrow(name, OUTSIDE, 443) for name in ("gateway", "live-hub")}
    # App stores and rails; gifts knows nobody outside.
    arrows |= {Arrow(f"{service}-worker", OUTSIDE, 443) for service in ("wallet", "payouts")}
    if "payment-sandbox" in there:
        arrows |= {
            Arrow("wallet-api", "payment-sandbox", 8080),
            Arrow("payment-sandbox", "wallet-api", 8080),
            Arrow("payouts-worker", "sandbox-bank", 8080),
            Arrow("topics", "kafka", 9093),
        }
        arrows |= {Arrow("checker-role", f"{service}-postgres", 5432) for service in SERVICES}
    else:
        arrows |= _of_operators()
    return arrows


def _of_operators() -> Set[Arrow]:
    """What production has beside its own pods."""
    processes = [f"{service}-{process}" for service in SERVICES for process in ("api", "worker")]
    processes += ["live-hub", "gateway"]
    arrows = {Arrow(name, "collector", 4318) for name in (*processes, "checker")}
    arrows |= {Arrow("namespace monitoring", name, 8080) for name in (*processes,)}
    arrows |= {
        Arrow("namespace monitoring", "collector", 8888),
        Arrow("collector", "namespace monitoring", 4318),
        Arrow("collector", "namespace monitoring", 9090),
    }
    arrows |= {
        Arrow("namespace largesse/ingress", name, 8080)
        for name in ("gateway", "wallet-api", "payouts-api")
    }
    arrows.add(Arrow("namespace keda", "kafka", 9093))
    # The API server's address is not known here, and the backups' store is outside.
    databases = [f"{service}-postgres" for service in SERVICES]
    arrows |= {
        Arrow(name, OUTSIDE, port)
        for name in (*databases, "kafka-operator")
        for port in (443, 6443)
    }
    arrows |= {
        Arrow("namespace cnpg-system", name, port) for name in databases for port in (5432, 8000)
    }
    arrows |= {Arrow("namespace monitoring", name, 9187) for name in databases}
    arrows |= {Arrow("namespace monitoring", name, 9404) for name in ("kafka", "kafka-controller")}
    return arrows


def check_network(objects: Objects) -> Iterator[str]:
    """Ways that are open and not drawn, and the other way round."""
    drawn = architecture(objects)
    opened = set(arrows(objects))
    for arrow in sorted(opened - drawn):
        yield f"{arrow.sender} may reach {arrow.receiver} on {arrow.port}, which nobody drew"
    for arrow in sorted(drawn - opened):
        yield f"{arrow.sender} cannot reach {arrow.receiver} on {arrow.port}"
    for pod in pods(objects):
        for direction in ("Ingress", "Egress"):
            if not any(
                direction in policy.spec["policyTypes"]
                and matches(policy.spec["podSelector"], pod.labels)
                for policy in objects.of("NetworkPolicy")
            ):
                yield f"{pod.name}: nothing is denied ({direction})"


def pods(objects: Objects) -> Iterator[Pod]:
    """Every kind of pod, by the name that the architecture has for it."""
    for each in objects.with_pods():
        ports = {
            port.get("name", ""): port["containerPort"]
            for container in each.containers()
            for port in container.get("ports") or ()
        }
        name = each.pod_labels.get("largesse/part") or _without_release(each)
        yield Pod(name, each.pod_labels, ports)
    for _, labels, ports in made_pods(objects):
        part = labels.get("largesse/part")
        if part is not None:
            yield Pod(part, labels, ports)


def arrows(objects: Objects) -> Iterator[Arrow]:
    """Every way that is open between pods, on ports that they have, and to the outside."""
    policies = list(objects.of("NetworkPolicy"))
    everybody = list(pods(objects))
    for sender in everybody:
        for receiver in everybody:
            if _family(sender) == _family(receiver):
                continue  # its operator's business
            for port in _ports(receiver, policies):
                if _may(policies, "egress", sender, receiver, port) and _may(
                    policies, "ingress", receiver, sender, port
                ):
                    yield Arrow(sender.name, receiver.name, port)
        yield from _beyond(sender, policies)


def _beyond(pod: Pod, policies: list[Object]) -> Iterator[Arrow]:
    """Ways to the outside, and to and from other namespaces; looking up names is everybody's."""
    for rule in _rules(policies, "egress", pod):
        for peer in rule.get("to") or ({"ipBlock": {"cidr": "0.0.0.0/0"}},):
            for port in rule.get("ports") or ({"port": 0},):
                if peer.get("ipBlock", {}).get("cidr") in _EVERYWHERE:
                    yield Arrow(pod.name, OUTSIDE, port["port"])
                elif "namespaceSelector" in peer and _namespace(peer) != "kube-system":
                    yield Arrow(pod.name, f"namespace {_namespace(peer)}", port["port"])
    for rule in _rules(policies, "ingress", pod):
        for peer in rule.get("from") or ():
            if "namespaceSelector" in peer:
                for port in rule.get("ports") or ({"port": 0},):
                    number = _number(port["port"], pod) or 0
                    yield Arrow(f"namespace {_namespace(peer)}", pod.name, number)


def _namespace(peer: Mapping[str, Any]) -> str:
    """A namespace by its name, or by the label that says what it is for."""
    labels = peer["namespaceSelector"].get("matchLabels") or {"any": ""}
    return labels.get("kubernetes.io/metadata.name") or next(iter(labels))


def _family(pod: Pod) -> str:
    """Pods that one operator makes for one thing."""
    return "kafka" if pod.name.startswith("kafka") else pod.name


def _without_release(each: Object) -> str:
    service = each.pod_labels.get("app.kubernetes.io/name", each.name)
    process = each.pod_labels.get("app.kubernetes.io/component")
    return f"{service}-{process}" if service in SERVICES else service


def _ports(receiver: Pod, policies: list[Object]) -> Set[int]:
    """Its own ports, and those that policies speak of: an operator's pods tell none."""
    spoken = {
        port["port"]
        for rule in _rules(policies, "ingress", receiver)
        for port in rule.get("ports") or ()
        if isinstance(port["port"], int)
    }
    return {*receiver.ports.values(), *spoken}


def _rules(policies: list[Object], direction: str, pod: Pod) -> Iterator[Mapping[str, Any]]:
    for policy in policies:
        if matches(policy.spec["podSelector"], pod.labels):
            yield from policy.spec.get(direction) or ()


def _may(policies: list[Object], direction: str, pod: Pod, other: Pod, port: int) -> bool:
    receiver = other if direction == "egress" else pod
    word = "to" if direction == "egress" else "from"
    chosen = [
        policy
        for policy in policies
        if direction.capitalize() in policy.spec["policyTypes"]
        and matches(policy.spec["podSelector"], pod.labels)
    ]
    if not chosen:
        return True
    for rule in _rules(chosen, direction, pod):
        peers = rule.get(word)
        if peers is not None and not any(_is(peer, other) for peer in peers):
            continue
        ports = rule.get("ports")
        if ports is None or any(_number(one["port"], receiver) == port for one in ports):
            return True
    return False


def _is(peer: Mapping[str, Any], other: Pod) -> bool:
    if "podSelector" not in peer or "namespaceSelector" in peer:
        return False
    return matches(peer["podSelector"], other.labels)


def _number(port: int | str, receiver: Pod) -> int | None:
    return port if isinstance(port, int) else receiver.ports.get(port)
