"""The gateway's settings, which are TypeScript: asked of the file itself."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from local_stack import paths
from local_stack.databases import SERVICES
from manifests import tools

SETTINGS: Final = "GATEWAY_"
SUBGRAPHS: Final = (*SERVICES, "live")

_SETTINGS_FILE: Final = paths.GATEWAY / "federation" / "settings.ts"

_PROGRAM: Final = """
const { readSettings } = await import(process.argv[1]);
try {
    readSettings(JSON.parse(process.argv[2]), JSON.parse(process.argv[3]));
    console.log('{}');
} catch (error) {
    console.log(JSON.stringify({ problem: error.message }));
}
"""


def gateway_problem(variables: Mapping[str, str]) -> str | None:
    """What the gateway would say of these variables before it refuses to start.

    Raises:
        ManifestError: Its settings cannot be read.
    """
    answer = tools.run(
        [
            *(str(paths.node()), "--input-type=module", "--eval", _PROGRAM),
            *(str(_SETTINGS_FILE), json.dumps(dict(variables)), json.dumps(SUBGRAPHS)),
        ],
        "the gateway's settings cannot be read",
    )
    return json.loads(answer).get("problem")


@cache
def gateway_names() -> Mapping[str, bool]:
    """Every variable of the gateway, and whether it must be told."""
    text = _SETTINGS_FILE.read_text()
    written = re.findall(r"reader\.\w+\('([A-Z_]+)'", text)
    names = [SETTINGS + name for name in written]
    names += [f"{SETTINGS}{name.upper()}_URL" for name in SUBGRAPHS]
    missing = gateway_problem({}) or ""
    return {name: f"{name} is missing" in missing for name in names}
