"""The page's server: the same page everywhere, sessions for itself alone."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import jwt
import pytest
from pydantic import ValidationError

from demo_page.app import make_app
from demo_page.settings import Settings
from local_stack import tokens
from local_stack.home import Home
from local_stack.keys import ensure_keys, signing_key

GRAPHQL = "http://127.0.0.1:4000/graphql"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A page, as if it was built."""
    built = tmp_path / "page"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html><title>Largesse live</title>")
    (built / "favicon.svg").write_text("<svg/>")
    (built / "assets" / "index-abc.js").write_text("1;")
    return built


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "stack")
    ensure_keys(home)
    return home


def settings(folder: Path, home: Home, host: str = "127.0.0.1") -> Settings:
    return Settings(http_host=host, folder=folder, stack=home.path, graphql_url=GRAPHQL)


@pytest.fixture
async def client(folder: Path, home: Home) -> AsyncGenerator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(make_app(settings(folder, home)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4400") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/room/some-room", "/studio", "/studio/some-room"])
async def test_each_address_is_the_page(client: httpx.AsyncClient, path: str) -> None:
    page = await client.get(path)

    assert page.status_code == 200
    assert "Largesse live" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "connect-src 'self' http://127.0.0.1:4000 ws://127.0.0.1:4000" in policy


async def test_a_page_that_is_built_again_is_shown(client: httpx.AsyncClient, folder: Path) -> None:
    """Its scripts have other names then; those of before are gone."""
    await client.get("/")
    (folder / "index.html").write_text("built again")
    assert (await client.get("/")).text == "built again"


async def test_files_that_never_change_are_kept(client: httpx.AsyncClient) -> None:
    script = await client.get("/assets/index-abc.js")

    assert script.text == "1;"
    assert "immutable" in script.headers["cache-control"]
    assert (await client.get("/assets/../index.html")).status_code == 404
    assert (await client.get("/assets/none.js")).status_code == 404


async def test_a_session_is_a_token_of_the_stack(client: httpx.AsyncClient, home: Home) -> None:
    answer = await client.get("/demo/session", params={"user": "nova"})

    session = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert (session["user"], session["graphqlUrl"]) == ("nova", GRAPHQL)
    claims = jwt.decode(
        session["token"],
        signing_key(home).public_key(),
        algorithms=["EdDSA"],
        audience=tokens.AUDIENCE,
        issuer=tokens.ISSUER,
    )
    assert (claims["sub"], claims["scope"]) == ("nova", "viewer creator")
    assert claims["exp"] == pytest.approx(session["expiresAt"], abs=2)


@pytest.mark.parametrize("user", ["", "a b", "x" * 65, "é", "nova\n"])
async def test_no_session_for_what_is_no_user(client: httpx.AsyncClient, user: str) -> None:
    assert (await client.get("/demo/session", params={"user": user})).status_code == 400


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_no_session_for_other_pages(client: httpx.AsyncClient, site: str) -> None:
    """Another page of this machine, or a stranger's."""
    headers = {"sec-fetch-site": site}
    refused = await client.get("/demo/session", params={"user": "nova"}, headers=headers)

    assert refused.status_code == 403
    assert "token" not in refused.text


async def test_no_session_under_another_name(client: httpx.AsyncClient) -> None:
    """A name that somebody lets point to this machine makes their page one of this origin."""
    headers = {"host": "rebound.test:4400"}
    refused = await client.get("/demo/session", params={"user": "nova"}, headers=headers)

    assert refused.status_code == 400
    assert "token" not in refused.text


def test_it_serves_this_machine_alone(folder: Path, home: Home, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="loopback"):
        settings(folder, home, "0.0.0.0")
    with pytest.raises(ValidationError, match="make setup builds it"):
        settings(tmp_path / "nothing", home)
