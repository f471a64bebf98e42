"""`python -m live_hub`: the hub, with LIVE_HUB_… settings. `python -m live_hub schema`: its SDL."""

import sys

from chassis import serve, telemetry
from chassis.settings import MisconfiguredError, read
from live_hub.app import run_hub
from live_hub.operations import SDL
from live_hub.settings import Settings


def main() -> int:
    """Run the process and return its exit status."""
    if sys.argv[1:] == ["schema"]:
        print(SDL, end="")
        return 0
    if sys.argv[1:]:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        settings = read(Settings)
    except MisconfiguredError as error:
        print(f"live_hub: the settings are wrong: {error}", file=sys.stderr)
        return serve.EXIT_MISCONFIGURED
    telemetry.setup("live-hub", "hub", settings)
    return serve.run(lambda stop: run_hub(settings, stop))


if __name__ == "__main__":
    sys.exit(main())
