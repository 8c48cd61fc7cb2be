"""Settings: one frozen object read from the environment; nothing else reads STYLOSCOPE_* variables."""

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit

PREFIX = "STYLOSCOPE_"
# What an endpoint may name as its key: no setting of ours.
KEY = re.compile(r"STYLOSCOPE_(KEY_.+|.+_API_KEY)")


SECRET = 32  # characters of the key under which tokens are kept


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it, what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment decides. `docs/settings.md` lists each field; a test keeps it true."""

    data: Path = Path("data")
    database_url: str = ""
    mode: Literal["local", "team"] = "local"
    sqlite_sync: Literal["normal", "full"] = "normal"
    proxy: str = ""
    ca_file: str = ""
    public_url: str = ""
    secret_key: str = field(default="", repr=False)
    trusted_proxies: tuple[str, ...] = ()
    endpoint_origins: tuple[str, ...] = ()
    root_path: str = ""
    allowed_hosts: tuple[str, ...] = field(default=("127.0.0.1", "localhost", "[::1]"))

    @property
    def url(self) -> str:
        """The SQLAlchemy address of the database: the one asked for, else SQLite in the data folder."""
        return self.database_url or f"sqlite:///{(self.data / 'styloscope.db').absolute()}"

    @property
    def reach(self) -> tuple[str, ...] | None:
        """The origins that endpoints may be at beside public addresses; None = anywhere, as on one's machine."""
        return self.endpoint_origins if self.mode == "team" else None

    @property
    def embedded(self) -> bool:
        """Whether the database is the SQLite file that this product looks after by itself."""
        return self.url.startswith("sqlite")


def read(environ: Mapping[str, str]) -> Settings:
    """Return the settings of an environment; raise SettingsError naming the variable that is wrong."""
    known = [PREFIX + name.upper() for name in sorted(Settings.__dataclass_fields__)]
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known and not KEY.fullmatch(name):
            near = get_close_matches(name.removeprefix(PREFIX).lower(), Settings.__dataclass_fields__, n=1)
            expected = PREFIX + near[0].upper() if near else f"one of {', '.join(known)}"
            raise SettingsError(f"{name}: no such setting; expected {expected}")

    def text(name: str, check: Callable[[str], str | None] = lambda _: None) -> str:
        found = environ.get(PREFIX + name, "")
        wrong = check(found) if found else None
        if wrong:
            raise SettingsError(f"{PREFIX}{name}: {wrong}")
        return found

    def one_of(name: str, *allowed: str) -> str:
        found = environ.get(PREFIX + name) or allowed[0]
        if found not in allowed:
            raise SettingsError(f"{PREFIX}{name}: found {found!r}, expected {' or '.join(allowed)}")
        return found

    def many(name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        found = environ.get(PREFIX + name, "")
        return tuple(part.strip() for part in found.split(",") if part.strip()) or default

    return Settings(
        data=Path(text("DATA", _folder) or "data"),
        database_url=text("DATABASE_URL", _database),
        mode=cast(Literal["local", "team"], one_of("MODE", "local", "team")),
        sqlite_sync=cast(Literal["normal", "full"], one_of("SQLITE_SYNC", "normal", "full")),
        proxy=text("PROXY", _proxy),
        ca_file=text("CA_FILE", _file),
        public_url=text("PUBLIC_URL", _public),
        secret_key=text("SECRET_KEY", _secret),
        trusted_proxies=_addresses("TRUSTED_PROXIES", many("TRUSTED_PROXIES", ())),
        endpoint_origins=_origins("ENDPOINT_ORIGINS", many("ENDPOINT_ORIGINS", ())),
        root_path=text("ROOT_PATH", _path),
        allowed_hosts=many("ALLOWED_HOSTS", Settings().allowed_hosts),
    )


# ------------------------------------------------------------------ what is wrong with a value, None if nothing


def _folder(value: str) -> str | None:
    path = Path(value)
    return (
        f"found {value!r}, which is no folder, expected a folder"
        if path.exists() and not path.is_dir()
        else None
    )


def _file(value: str) -> str | None:
    return (
        None
        if Path(value).is_file()
        else f"found {value!r}, where there is no file, expected one of certificates"
    )


def _addresses(name: str, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            ipaddress.ip_network(value)
        except ValueError:
            expected = "an address or network such as 10.0.0.1 or 10.0.0.0/8"
            raise SettingsError(f"{PREFIX}{name}: found {value!r}, expected {expected}") from None
    return values


def _origins(name: str, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not _web(value) or urlsplit(value).path not in {"", "/"}:
            expected = "an origin such as http://10.0.0.5:8000"
            raise SettingsError(f"{PREFIX}{name}: found {value!r}, expected {expected}")
    return values


def _path(value: str) -> str | None:
    right = re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", value)
    return None if right else f"found {value!r}, expected a path such as /styloscope"


def _proxy(value: str) -> str | None:
    # Not repeated: it may hold a password.
    return None if _web(value) else "found no such address, expected one such as http://127.0.0.1:3128"


def _public(value: str) -> str | None:
    return None if _web(value) else f"found {value!r}, expected an address such as https://styloscope.example"


def _secret(value: str) -> str | None:
    """Tell what is wrong with a secret, without repeating it."""
    enough = len(value) >= SECRET and len(set(value)) > SECRET // 4
    return None if enough else f"found {len(value)} characters, expected at least {SECRET} random ones"


def _web(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _database(value: str) -> str | None:
    """Tell what is wrong with a database's address, without repeating what may be a password."""
    if value.startswith("sqlite:///"):
        path = value.removeprefix("sqlite:///")
        return (
            None
            if path and ":memory:" not in path and "?" not in path
            else ("found SQLite without a file, expected sqlite:///folder/file.db")
        )
    if not value.startswith("postgresql+psycopg://"):
        scheme = value.split("://")[0] if "://" in value else "none"
        return f"found the scheme {scheme!r}, expected postgresql+psycopg:// or sqlite:///"
    try:
        _ = urlsplit(value).port
    except ValueError:
        return (
            "found no address that can be read, expected postgresql+psycopg://user:password@host:port/name, with "
            "signs such as @ : / % in the password written as %40 %3A %2F %25"
        )
    return None


@cache
def settings() -> Settings:
    """Return this process's settings, read once."""
    return read(os.environ)
