"""Each fault that a check is for, planted in what is rendered, is found."""

from collections.abc import Callable, Iterator

import pytest
from manifest_faults.network import NETWORK
from manifest_faults.planting import Fault
from manifest_faults.policy import POLICY
from manifest_faults.references import REFERENCES
from manifest_faults.schemas import SCHEMAS
from manifest_faults.settings import COMPLETENESS, SETTINGS
from manifest_faults.streams import STREAMS

from manifests.checks.network import check_network
from manifests.checks.policy import RULES
from manifests.checks.references import check_references
from manifests.checks.schemas import check_schemas
from manifests.checks.settings import check_completeness, check_settings
from manifests.checks.streams import check_streams
from manifests.objects import Objects

type Rendered = Callable[[str], Objects]
type Check = Callable[[Objects], Iterator[str]]

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("manifests")]


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        pytest.param(check, fault, id=fault.name.replace(" ", "-"))
        for check, faults in (
            (check_references, REFERENCES),
            (check_settings, SETTINGS),
            (check_completeness, COMPLETENESS),
            (check_network, NETWORK),
            (check_streams, STREAMS),
        )
        for fault in faults
    ],
)
def test_it_is_found(check: Check, fault: Fault, rendered: Rendered) -> None:
    """And only because it was planted: the overlay alone has nothing that would be said."""
    planted = rendered(fault.overlay)
    fault.plant(planted)
    assert any(fault.said in problem for problem in check(planted)), list(check(planted))


@pytest.mark.parametrize("fault", [pytest.param(f, id=f.name.replace(" ", "-")) for f in SCHEMAS])
def test_what_a_schema_forbids_is_found(fault: Fault, rendered: Rendered) -> None:
    """Looks at what was changed alone: schemas take their time."""
    planted = rendered(fault.overlay)
    fault.plant(planted)
    before = [each.body for each in rendered(fault.overlay)]
    changed = Objects(each for each in planted if each.body not in before)
    said = list(check_schemas(changed))
    assert any(fault.said in problem for problem in said), said


@pytest.mark.parametrize("fault", [pytest.param(f, id=f.name.replace(" ", "-")) for f in POLICY])
def test_a_breach_of_policy_is_found(fault: Fault, rendered: Rendered) -> None:
    planted = rendered(fault.overlay)
    fault.plant(planted)
    said = [problem for rule in RULES for problem in rule(planted)]
    assert any(fault.said in problem for problem in said), said


def test_every_rule_has_a_fault(rendered: Rendered) -> None:
    """A rule that no planted fault breaks may be one that nothing breaks."""
    broken: set[str] = set()
    for fault in POLICY:
        planted = rendered(fault.overlay)
        fault.plant(planted)
        broken |= {rule.__name__ for rule in RULES if any(True for _ in rule(planted))}
    assert broken == {rule.__name__ for rule in RULES}
