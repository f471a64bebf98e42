"""Says how the version of the code that it runs with starts a program. Run by `versions`.

Reads JSON from standard input: `name`, `home`, `addresses`, and `extra` settings, as
`local_stack.programs.spec` takes them. Prints `command`, `environment` and `folder`.
"""

import json
import sys
from pathlib import Path

from local_stack.addresses import Addresses
from local_stack.home import Home
from local_stack.programs import spec

asked = json.load(sys.stdin)
found = spec(
    asked["name"], Home(Path(asked["home"])), Addresses(**asked["addresses"]), asked["extra"]
)
print(
    json.dumps(
        {
            "command": list(found.command),
            "environment": dict(found.environment),
            "folder": str(found.folder),
        }
    )
)
