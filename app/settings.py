"""Settings: one frozen object read from the environment; nothing else reads STYLOSCOPE_* variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, cast

PREFIX = "STYLOSCOPE_"


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
    trusted_proxies: tuple[str, ...] = ()
    root_path: str = ""
    allowed_hosts: tuple[str, ...] = field(default=("127.0.0.1", "localhost", "[::1]"))

    @property
    def url(self) -> str:
        """The SQLAlchemy address of the database: the one asked for, else SQLite in the data folder."""
        return self.database_url or f"sqlite:///{(self.data / 'styloscope.db').absolute()}"

    @property
    def embedded(self) -> bool:
        """Whether the database is the SQLite file that this product looks after by itself."""
        return self.url.startswith("sqlite")

    @property
    def locks(self) -> Path:
        """The folder of the endpoint locks: beside the embedded database, else in the data folder."""
        return self.data.absolute() / "locks"


def read(environ: Mapping[str, str]) -> Settings:
    """Return the settings of an environment; raise SettingsError naming the variable that is wrong."""
    known = {PREFIX + name.upper() for name in Settings.__dataclass_fields__}
    unknown = sorted(
        name for name in environ if name.startswith(PREFIX) and name not in known and "_KEY_" not in name
    )
    if unknown:
        raise SettingsError(f"{unknown[0]}: no such setting; expected one of {', '.join(sorted(known))}")

    def one_of(name: str, *allowed: str) -> str:
        found = environ.get(PREFIX + name, allowed[0])
        if found not in allowed:
            raise SettingsError(f"{PREFIX}{name}: found {found!r}, expected {' or '.join(allowed)}")
        return found

    def many(name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        found = environ.get(PREFIX + name)
        return default if found is None else tuple(part.strip() for part in found.split(",") if part.strip())

    database_url = environ.get(PREFIX + "DATABASE_URL", "")
    if database_url and not database_url.startswith(("postgresql+psycopg://", "sqlite:///")):
        scheme = database_url.split("://")[0]
        raise SettingsError(
            f"{PREFIX}DATABASE_URL: found the scheme {scheme!r}, expected postgresql+psycopg:// or sqlite:///"
        )
    return Settings(
        data=Path(environ.get(PREFIX + "DATA", "data")),
        database_url=database_url,
        mode=cast(Literal["local", "team"], one_of("MODE", "local", "team")),
        sqlite_sync=cast(Literal["normal", "full"], one_of("SQLITE_SYNC", "normal", "full")),
        proxy=environ.get(PREFIX + "PROXY", ""),
        ca_file=environ.get(PREFIX + "CA_FILE", ""),
        public_url=environ.get(PREFIX + "PUBLIC_URL", ""),
        trusted_proxies=many("TRUSTED_PROXIES", ()),
        root_path=environ.get(PREFIX + "ROOT_PATH", ""),
        allowed_hosts=many("ALLOWED_HOSTS", Settings().allowed_hosts),
    )


@cache
def settings() -> Settings:
    """Return this process's settings, read once."""
    return read(os.environ)
