"""What an object names is there: ConfigMaps, Secrets, Services, ports, pods, accounts, claims."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from manifests.addresses import addresses
from manifests.objects import Object, Objects, matches
from manifests.operators import made_pods, made_secrets, made_services


class _Key(NamedTuple):
    kind: str
    name: str
    key: str | None


def check_references(objects: Objects) -> Iterator[str]:
    """Names that lead nowhere."""
    known = _known(objects)
    for each in objects.with_pods():
        for used in _used(each):
            yield from _missing(each, used, known)
        yield from _check_volumes(each)
        yield from _check_account(each, objects)
        yield from _check_own_selector(each)
    yield from _check_services(objects)
    yield from _check_addresses(objects)
    yield from _check_selectors(objects)
    yield from _check_duplicates(objects)


def _known(objects: Objects) -> Mapping[tuple[str, str], frozenset[str] | None]:
    """The keys of each ConfigMap and Secret; None where whoever makes it chooses them."""
    known: dict[tuple[str, str], frozenset[str] | None] = {}
    for each in objects.of("ConfigMap", "Secret"):
        parts = ("data", "stringData", "binaryData")
        keys = frozenset(key for part in parts for key in each.body.get(part) or {})
        known[each.kind, each.name] = keys
    for name, keys in made_secrets(objects).items():
        known["Secret", name] = keys
    return known


def _used(each: Object) -> Iterator[_Key]:
    for container in each.containers():
        for source in container.get("envFrom") or ():
            if "configMapRef" in source:
                yield _Key("ConfigMap", source["configMapRef"]["name"], None)
            if "secretRef" in source:
                yield _Key("Secret", source["secretRef"]["name"], None)
        for variable in container.get("env") or ():
            value = variable.get("valueFrom") or {}
            for part, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                if part in value:
                    yield _Key(kind, value[part]["name"], value[part]["key"])
    for volume in each.pod_spec.get("volumes") or ():
        if "configMap" in volume:
            yield from _of_volume("ConfigMap", volume["configMap"]["name"], volume["configMap"])
        if "secret" in volume:
            yield from _of_volume("Secret", volume["secret"]["secretName"], volume["secret"])
        for source in (volume.get("projected") or {}).get("sources") or ():
            for part, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
                if part in source:
                    yield from _of_volume(kind, source[part]["name"], source[part])


def _of_volume(kind: str, name: str, volume: Mapping[str, Any]) -> Iterator[_Key]:
    yield _Key(kind, name, None)
    if volume.get("optional"):
        return  # what of it is there is taken
    for item in volume.get("items") or ():
        yield _Key(kind, name, item["key"])


def _missing(
    each: Object, used: _Key, known: Mapping[tuple[str, str], frozenset[str] | None]
) -> Iterator[str]:
    if (used.kind, used.name) not in known:
        yield f"{each}: there is no {used.kind} {used.name}"
        return
    keys = known[used.kind, used.name]
    if used.key is not None and keys is not None and used.key not in keys:
        yield f"{each}: {used.kind} {used.name} has no key {used.key}"


def _check_volumes(each: Object) -> Iterator[str]:
    volumes = {volume["name"] for volume in each.pod_spec.get("volumes") or ()}
    volumes |= {claim["metadata"]["name"] for claim in each.spec.get("volumeClaimTemplates") or ()}
    mounted: set[str] = set()
    for container in each.containers():
        ports = {port.get("name") for port in container.get("ports") or ()}
        numbers = {port["containerPort"] for port in container.get("ports") or ()}
        mounts = {mount["name"] for mount in container.get("volumeMounts") or ()}
        mounted |= mounts
        for name in mounts - volumes:
            yield f"{each}: {container['name']} mounts {name}, which is no volume"
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = container.get(probe) or {}
            target = asked.get("httpGet") or asked.get("tcpSocket")
            if target is not None and target["port"] not in ports | numbers:
                yield f"{each}: {probe} asks port {target['port']}, which is none of its own"
    for name in volumes - mounted:
        yield f"{each}: nobody mounts the volume {name}"


def _check_account(each: Object, objects: Objects) -> Iterator[str]:
    account = each.pod_spec.get("serviceAccountName", "default")
    if account != "default" and objects.find("ServiceAccount", account) is None:
        yield f"{each}: there is no ServiceAccount {account}"


def _check_own_selector(each: Object) -> Iterator[str]:
    if each.kind in ("Deployment", "StatefulSet") and not matches(
        each.spec["selector"], each.pod_labels
    ):
        yield f"{each}: its selector does not choose its own pods"
    for constraint in each.pod_spec.get("topologySpreadConstraints") or ():
        if not matches(constraint["labelSelector"], each.pod_labels):
            yield f"{each}: a spread constraint does not count its own pods"


def _check_services(objects: Objects) -> Iterator[str]:
    for service in objects.of("Service"):
        selector = {"matchLabels": service.spec.get("selector") or {}}
        if not selector["matchLabels"]:
            yield f"{service}: it has no selector"
            continue
        chosen = [each for each in objects.with_pods() if matches(selector, each.pod_labels)]
        if not chosen:
            yield f"{service}: no pod has the labels {selector['matchLabels']}"
        for port in service.spec["ports"]:
            for each in chosen:
                if not _listens(each, port.get("targetPort", port["port"])):
                    target = port.get("targetPort", port["port"])
                    yield f"{service}: {each} has no port {target}"
    for workload in objects.of("StatefulSet"):
        governing = objects.find("Service", workload.spec["serviceName"])
        if governing is None:
            yield f"{workload}: there is no Service {workload.spec['serviceName']}"


def _listens(each: Object, port: str | int) -> bool:
    return any(
        port in (listed.get("name"), listed["containerPort"])
        for container in each.containers()
        for listed in container.get("ports") or ()
    )


def _check_addresses(objects: Objects) -> Iterator[str]:
    """Settings that name a Service of ours name one that exists, and a port that it has."""
    services = {
        service.name: {port["port"] for port in service.spec["ports"]}
        for service in objects.of("Service")
    }
    services |= made_services(objects)
    for owner, variable, host, port in addresses(objects):
        if host not in services:
            yield f"{owner}: {variable} names {host}, which is no Service"
        elif port not in services[host]:
            yield f"{owner}: {variable} names port {port} of {host}, which has {services[host]}"


def _check_selectors(objects: Objects) -> Iterator[str]:
    pods = [(str(each), each.pod_labels) for each in objects.with_pods()]
    pods += [(name, labels) for name, labels, _ports in made_pods(objects)]
    chooses: dict[str, Callable[[Object], Mapping[str, Any]]] = {
        "PodDisruptionBudget": lambda each: each.spec["selector"],
        "NetworkPolicy": lambda each: each.spec["podSelector"],
        "PodMonitor": lambda each: each.spec["selector"],
    }
    for each in objects.of(*chooses):
        selector = chooses[each.kind](each)
        if not any(matches(selector, labels) for _, labels in pods):
            yield f"{each}: no pod has the labels that it asks for: {selector}"
    for each in objects.of("ServiceMonitor"):
        chosen = [
            service
            for service in objects.of("Service")
            if matches(each.spec["selector"], service.labels)
        ]
        if not chosen:
            yield f"{each}: no Service has the labels that it asks for"
        for endpoint in each.spec["endpoints"]:
            for service in chosen:
                if endpoint["port"] not in {port["name"] for port in service.spec["ports"]}:
                    yield f"{each}: {service} has no port {endpoint['port']}"
    for each in objects.of("HTTPRoute"):
        for parent in each.spec["parentRefs"]:
            if objects.find("Gateway", parent["name"]) is None:
                yield f"{each}: there is no Gateway {parent['name']}"
        for rule in each.spec["rules"]:
            for backend in rule.get("backendRefs") or ():
                service = objects.find("Service", backend["name"])
                if service is None:
                    yield f"{each}: there is no Service {backend['name']}"
                elif backend["port"] not in {port["port"] for port in service.spec["ports"]}:
                    yield f"{each}: {service} has no port {backend['port']}"
    for each in objects.of("ScaledObject"):
        target = each.spec["scaleTargetRef"]
        if objects.find(target.get("kind", "Deployment"), target["name"]) is None:
            yield f"{each}: there is no {target.get('kind', 'Deployment')} {target['name']}"
        for trigger in each.spec["triggers"]:
            reference = trigger.get("authenticationRef")
            if reference and objects.find("TriggerAuthentication", reference["name"]) is None:
                yield f"{each}: there is no TriggerAuthentication {reference['name']}"
    for each in objects.of("TriggerAuthentication"):
        known = _known(objects)
        for reference in each.spec.get("secretTargetRef") or ():
            used = _Key("Secret", reference["name"], reference["key"])
            yield from _missing(each, used, known)
    for each in objects.of("Cluster"):
        for role in each.spec.get("managed", {}).get("roles") or ():
            if "passwordSecret" in role:
                for key in ("username", "password"):
                    used = _Key("Secret", role["passwordSecret"]["name"], key)
                    yield from _missing(each, used, _known(objects))
    for each in objects.of("ScheduledBackup"):
        if objects.find("Cluster", each.spec["cluster"]["name"]) is None:
            yield f"{each}: there is no Cluster {each.spec['cluster']['name']}"


def _check_duplicates(objects: Objects) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for each in objects:
        if (each.kind, each.name) in seen:
            yield f"{each}: there are two of it"
        seen.add((each.kind, each.name))
    yield from _node_ports(objects)


def _node_ports(objects: Objects) -> Iterator[str]:
    taken: dict[int, Object] = {}
    for service in objects.of("Service"):
        for port in service.spec["ports"]:
            number = port.get("nodePort")
            if number is not None and number in taken:
                yield f"{service}: node port {number} is {taken[number]}'s"
            if number is not None:
                taken[number] = service
