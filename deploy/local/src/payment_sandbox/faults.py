"""How the sandbox disturbs its merchant, on request: what a real provider does on a bad day."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Faults:
    """Of events queued from now on; the outage is of everything."""

    outage: bool = False
    """Nothing is delivered, and the API and the checkout page answer 503."""
    late_s: float = 0
    """How much later than at once events are delivered."""
    shuffled: bool = False
    """Each somewhere within that time, so that they arrive in any order."""
    repeats: int = 0
    """How often each is delivered again after it was taken."""

    def delay_s(self) -> float:
        """How long the next event waits."""
        return random.uniform(0, self.late_s) if self.shuffled else self.late_s
