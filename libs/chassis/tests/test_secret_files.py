"""Settings in files, as Kubernetes mounts a Secret; what is wrong is named with its remedy."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from chassis.settings import (
    MisconfiguredError,
    ServiceApiSettings,
    ServiceSettings,
    ServiceWorkerSettings,
    read,
)

VARIABLES = {
    "DEMO_KAFKA_SERVERS": "kafka:9092",
    "DEMO_HTTP_PORT": "4100",
    "DEMO_TOKEN_JWKS_URL": "https://issuer.test/keys",
    "DEMO_TOKEN_ISSUER": "issuer",
    "DEMO_TOKEN_AUDIENCE": "largesse",
}
DSN = "postgresql://demo:planted@db/demo"


class Basic(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="DEMO_", frozen=True, extra="ignore")
    service = "demo"


class Settings(ServiceApiSettings, Basic):
    webhook_secret: SecretStr | None = None


class OfWorker(ServiceWorkerSettings, Basic):
    pass


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that DEMO_SECRETS_DIR names, as kubelet fills it."""
    made = tmp_path / "secrets"
    for name, value in {**VARIABLES, "DEMO_SECRETS_DIR": str(made)}.items():
        monkeypatch.setenv(name, value)
    fill(made, {"DEMO_DATABASE_DSN": DSN})
    return made


def fill(directory: Path, files: dict[str, str]) -> None:
    """What kubelet does when a Secret changes: a new folder, and `..data` pointed to it at once."""
    directory.mkdir(exist_ok=True)
    version = directory / f"..2026_{len(list(directory.iterdir()))}"
    version.mkdir()
    for name, text in files.items():
        (version / name).write_text(text)
        if not (directory / name).is_symlink():
            (directory / name).symlink_to(Path("..data") / name)
    draft = directory / "..data_tmp"
    draft.symlink_to(version.name)
    draft.replace(directory / "..data")


def test_a_mounted_secret_is_read(directory: Path) -> None:
    """Under the names of variables, in capitals or not; the newline at the end does not count."""
    fill(
        directory,
        {"DEMO_DATABASE_DSN": DSN + "\n", "demo_webhook_secret": "one, two\n", "ca.crt": "other's"},
    )

    settings = read(Settings)

    assert settings.database_dsn.get_secret_value() == DSN
    assert settings.webhook_secret is not None
    assert settings.webhook_secret.get_secret_value() == "one, two"
    assert "planted" not in repr(settings)


def test_a_missing_secret_is_named_with_its_remedy(directory: Path) -> None:
    (directory / "DEMO_DATABASE_DSN").unlink()

    with pytest.raises(MisconfiguredError, match="DEMO_DATABASE_DSN is missing") as refused:
        read(Settings)

    assert "put a file DEMO_DATABASE_DSN into DEMO_SECRETS_DIR" in str(refused.value)


def test_a_missing_directory_is_named(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A volume that was not mounted is not a service without secrets."""
    monkeypatch.setenv("DEMO_SECRETS_DIR", str(directory / "elsewhere"))
    monkeypatch.setenv("DEMO_DATABASE_DSN", DSN)

    with pytest.raises(MisconfiguredError, match=r"DEMO_SECRETS_DIR names .*elsewhere.*mount the"):
        read(Settings)


def test_an_empty_variable_names_no_directory(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the one that the process was started in."""
    fill(directory, {"DEMO_DATABASE_DSN": DSN, "DEMO_DATABASE_PASSWORD": "of another"})
    monkeypatch.chdir(directory)
    monkeypatch.setenv("DEMO_SECRETS_DIR", "")

    with pytest.raises(MisconfiguredError, match="DEMO_DATABASE_DSN is missing"):
        read(Settings)

    monkeypatch.setenv("DEMO_DATABASE_DSN", DSN)
    monkeypatch.setenv("DEMO_DATABASE_PASSWORD", "ours")
    login = read(Settings).login
    assert login.password is not None
    assert login.password() == "ours"


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"DEMO_DATABSE_DSN": "planted"}, "DEMO_DATABSE_DSN is not a setting"),
        ({"DEMO_SECRETS_DIR": "planted"}, "DEMO_SECRETS_DIR is not a setting"),
        ({"DEMO_WEBHOOK_SECRET": " \n"}, "DEMO_WEBHOOK_SECRET is empty"),
        ({"DEMO_TOKEN_ISSUER": "planted"}, "and the variable DEMO_TOKEN_ISSUER are both there"),
        ({"DEMO_HTTP_HOST": "x", "DEMO_DATABASE_CONNECTIONS_MAX": "planted"}, "CONNECTIONS_MAX: "),
    ],
    ids=["misspelt", "itself", "empty", "twice", "malformed"],
)
def test_a_wrong_file_is_refused(directory: Path, files: dict[str, str], problem: str) -> None:
    """Each in words that name it, none with what it holds."""
    fill(directory, {"DEMO_DATABASE_DSN": DSN, **files})

    with pytest.raises(MisconfiguredError, match=problem) as refused:
        read(Settings)

    assert "planted" not in str(refused.value)


def test_another_commands_file_is_passed_over(directory: Path) -> None:
    """A pod of the api may run any command; what it does not use, it neither reads nor minds."""
    others = {"DEMO_KAFKA_PASSWORD": "planted", "DEMO_WEBHOOK_SECRET": "planted"}
    fill(directory, {"DEMO_DATABASE_DSN": DSN, **others})

    assert read(Basic).database_dsn.get_secret_value() == DSN
    assert read(Settings).webhook_secret is not None
    with pytest.raises(MisconfiguredError, match="kafka_password need kafka_security"):
        read(OfWorker)


def test_a_directory_in_place_of_a_file_is_refused(directory: Path) -> None:
    """What a volume with a wrong subPath makes."""
    (directory / "DEMO_WEBHOOK_SECRET").mkdir()

    with pytest.raises(MisconfiguredError, match="DEMO_WEBHOOK_SECRET cannot be read"):
        read(Settings)


def test_a_password_in_a_file_is_the_one_of_now(directory: Path) -> None:
    """So that it may be changed without a restart."""
    fill(directory, {"DEMO_DATABASE_DSN": DSN, "DEMO_DATABASE_PASSWORD": "old\n"})
    login = read(Settings).login

    assert login.password is not None
    assert login.password() == "old"
    fill(directory, {"DEMO_DATABASE_DSN": DSN, "DEMO_DATABASE_PASSWORD": "new\n"})
    assert login.password() == "new"


def test_a_password_in_a_variable_stays(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    monkeypatch.setenv("DEMO_DATABASE_PASSWORD", "only")
    monkeypatch.delenv("DEMO_SECRETS_DIR")
    monkeypatch.setenv("DEMO_DATABASE_DSN", "postgresql://demo@db/demo")

    login = read(Settings).login

    assert login.password is not None
    assert (login.dsn, login.password()) == ("postgresql://demo@db/demo", "only")


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({"SECURITY": "SASL_SSL"}, "SASL_SSL needs kafka_username, kafka_password too"),
        ({"SECURITY": "SASL_SSL", "USERNAME": "demo"}, "needs kafka_password too"),
        ({"USERNAME": "demo", "PASSWORD": "x"}, "need kafka_security SASL_SSL"),
        ({"SECURITY": "SSL", "KEY_FILE": "/x"}, "needs kafka_certificate_file too"),
        ({"CERTIFICATE_FILE": "/x", "KEY_FILE": "/x"}, "needs kafka_security SSL or SASL_SSL"),
        ({"SECURITY": "SASL_PLAINTEXT"}, "DEMO_KAFKA_SECURITY: "),
        ({"SECURITY": "SSL", "CA_FILE": "/not/there"}, "cannot be set up from /not/there: "),
    ],
    ids=["no user", "no password", "no tls", "half a pair", "plain", "unknown", "no file"],
)
def test_half_of_kafkas_security_is_refused(
    directory: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, str], problem: str
) -> None:
    """At the start, rather than as a broker that does not answer."""
    assert directory.exists()
    for name, value in told.items():
        monkeypatch.setenv(f"DEMO_KAFKA_{name}", value)

    with pytest.raises(MisconfiguredError, match=problem):
        read(OfWorker)
