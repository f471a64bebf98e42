from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from trace_store.app import make_app
from trace_store.spans import Span
from trace_store.store import Store

TRACE = "0af7651916cd43dd8448eb211c80319c"

type MakeSpan = Callable[..., Span]


@pytest.fixture
def make_span() -> MakeSpan:
    """Make a span of which only what matters to the test is said."""

    def make(number: int = 1, **changes: object) -> Span:
        fields: dict[str, object] = {
            "trace_id": TRACE,
            "span_id": f"{number:016x}",
            "parent_id": None,
            "process": "gifts-api",
            "name": "POST /graphql",
            "kind": "server",
            "start_ns": number * 1_000_000,
            "end_ns": number * 1_000_000 + 500_000,
            "error": None,
            "attributes": {},
            "links": (),
            "events": (),
        }
        return Span._make({**fields, **changes}.values())

    return make


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "traces.sqlite", bytes_max=64 * 2**20)) as opened:
        yield opened


@pytest.fixture
async def client(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(make_app(store))
    async with httpx.AsyncClient(transport=transport, base_url="http://traces") as opened:
        yield opened
