"""The dashboards, written with Grafana's own builders into deploy/grafana/dashboards."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from observe import places
from observe.dashboards import gateway, live, money, payouts, pipeline


def built() -> Mapping[str, Dashboard]:
    """Each by the name of its file."""
    return {
        "money": money.dashboard(),
        "pipeline": pipeline.dashboard(),
        "live": live.dashboard(),
        "payouts": payouts.dashboard(),
        "gateway": gateway.dashboard(),
    }


def documents() -> Mapping[str, str]:
    """The same as the text of the files."""
    encoder = JSONEncoder(sort_keys=True, indent=2)
    return {name: encoder.encode(each.build()) + "\n" for name, each in built().items()}


def write() -> None:
    """Write every file anew."""
    for name, text in documents().items():
        (places.DASHBOARDS / f"{name}.json").write_text(text)
