"""Settings come from the environment, once; a mistake names the variable, what was found and what was expected."""

from pathlib import Path

import pytest

from app.settings import Settings, SettingsError, read


def test_an_empty_environment_gives_an_embedded_database_in_the_data_folder() -> None:
    settings = read({})
    assert settings == Settings()
    assert settings.embedded
    assert settings.url == f"sqlite:///{Path('data/styloscope.db').absolute()}"


def test_each_variable_is_read(tmp_path: Path) -> None:
    authorities = tmp_path / "ca.pem"
    authorities.touch()
    settings = read(
        {
            "STYLOSCOPE_DATA": "/srv/styloscope",
            "STYLOSCOPE_DATABASE_URL": "postgresql+psycopg://team@db/styloscope",
            "STYLOSCOPE_MODE": "team",
            "STYLOSCOPE_SQLITE_SYNC": "full",
            "STYLOSCOPE_PROXY": "http://proxy:3128",
            "STYLOSCOPE_CA_FILE": str(authorities),
            "STYLOSCOPE_PUBLIC_URL": "https://styloscope.example",
            "STYLOSCOPE_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
            "STYLOSCOPE_TRUSTED_PROXIES": "10.0.0.1, 10.0.0.0/8",
            "STYLOSCOPE_ENDPOINT_ORIGINS": "http://10.0.0.5:8000",
            "STYLOSCOPE_ROOT_PATH": "/s",
            "STYLOSCOPE_ALLOWED_HOSTS": "styloscope.example",
        }
    )
    assert settings == Settings(
        data=Path("/srv/styloscope"),
        database_url="postgresql+psycopg://team@db/styloscope",
        mode="team",
        sqlite_sync="full",
        proxy="http://proxy:3128",
        ca_file=str(authorities),
        public_url="https://styloscope.example",
        secret_key="0123456789abcdefghijklmnopqrstuvwxyz",
        trusted_proxies=("10.0.0.1", "10.0.0.0/8"),
        endpoint_origins=("http://10.0.0.5:8000",),
        root_path="/s",
        allowed_hosts=("styloscope.example",),
    )
    assert not settings.embedded


def test_keys_of_endpoints_and_other_programs_variables_are_left_alone() -> None:
    others = ("STYLOSCOPE_KEY_LAB", "STYLOSCOPE_LAB_API_KEY", "OPENAI_API_KEY", "PATH")
    assert read(dict.fromkeys(others, "secret")) == Settings()


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    names = (
        "MODE",
        "SQLITE_SYNC",
        "DATA",
        "DATABASE_URL",
        "PROXY",
        "CA_FILE",
        "PUBLIC_URL",
        "TRUSTED_PROXIES",
        "ROOT_PATH",
        "ALLOWED_HOSTS",
    )
    assert read({f"STYLOSCOPE_{name}": "" for name in names}) == Settings()


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {"STYLOSCOPE_SECRET_KEY": "short"},
            "STYLOSCOPE_SECRET_KEY: found 5 characters, expected at least 32",
        ),
        (
            {"STYLOSCOPE_SECRET_KEY": "a" * 40},
            "STYLOSCOPE_SECRET_KEY: found 40 characters, expected at least 32",
        ),
        (
            {"STYLOSCOPE_ENDPOINT_ORIGINS": "10.0.0.5"},
            "STYLOSCOPE_ENDPOINT_ORIGINS: found '10.0.0.5', expected an origin",
        ),
        (
            {"STYLOSCOPE_ENDPOINT_ORIGINS": "http://a/v1"},
            "STYLOSCOPE_ENDPOINT_ORIGINS: found 'http://a/v1', expected",
        ),
        ({"STYLOSCOPE_MODE": "prod"}, "STYLOSCOPE_MODE: found 'prod', expected local or team"),
        ({"STYLOSCOPE_SQLITE_SYNC": "off"}, "STYLOSCOPE_SQLITE_SYNC: found 'off', expected normal or full"),
        (
            {"STYLOSCOPE_DATABASE_URL": "mysql://u:secret@h/d"},
            "STYLOSCOPE_DATABASE_URL: found the scheme 'mysql', expected postgresql+psycopg:// or sqlite:///",
        ),
        (
            {"STYLOSCOPE_DATABASE": "x"},
            "STYLOSCOPE_DATABASE: no such setting; expected STYLOSCOPE_DATABASE_URL",
        ),
        ({"STYLOSCOPE_mode": "team"}, "STYLOSCOPE_mode: no such setting; expected STYLOSCOPE_MODE"),
        (
            {"STYLOSCOPE_QQQ": "x"},
            "STYLOSCOPE_QQQ: no such setting; expected one of STYLOSCOPE_ALLOWED_HOSTS,",
        ),
        ({"STYLOSCOPE_DATA": "/dev/null"}, "STYLOSCOPE_DATA: found '/dev/null', which is no folder"),
        (
            {"STYLOSCOPE_CA_FILE": "/nowhere.pem"},
            "STYLOSCOPE_CA_FILE: found '/nowhere.pem', where there is no",
        ),
        ({"STYLOSCOPE_PUBLIC_URL": "lab.example"}, "STYLOSCOPE_PUBLIC_URL: found 'lab.example', expected an"),
        (
            {"STYLOSCOPE_ROOT_PATH": "lab/"},
            "STYLOSCOPE_ROOT_PATH: found 'lab/', expected a path such as /sty",
        ),
        (
            {"STYLOSCOPE_TRUSTED_PROXIES": "1, x"},
            "STYLOSCOPE_TRUSTED_PROXIES: found '1', expected an address",
        ),
        ({"STYLOSCOPE_DATABASE_URL": "sqlite:///"}, "STYLOSCOPE_DATABASE_URL: found SQLite without a file"),
        ({"STYLOSCOPE_DATABASE_URL": "sqlite:///:memory:"}, "STYLOSCOPE_DATABASE_URL: found SQLite without"),
        (
            {"STYLOSCOPE_DATABASE_URL": "garbage"},
            "STYLOSCOPE_DATABASE_URL: found the scheme 'none', expected",
        ),
    ],
)
def test_a_mistake_is_named(environ: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as error:
        read(environ)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("DATABASE_URL", "mysql://u:secret@h/d"),
        ("DATABASE_URL", "postgresql+psycopg://u:secret/part@h/d"),
        ("DATABASE_URL", "postgresql+psycopg://u:secret@h:port/d"),
        ("PROXY", "u:secret@proxy"),
        ("PROXY", "http://u:secret@proxy:port"),
    ],
)
def test_a_password_in_an_address_is_never_repeated(name: str, address: str) -> None:
    with pytest.raises(SettingsError, match=f"^STYLOSCOPE_{name}: found .*, expected ") as error:
        read({f"STYLOSCOPE_{name}": address})
    assert "secret" not in str(error.value)
