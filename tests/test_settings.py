"""Settings come from the environment, once; a mistake names the variable, what was found and what was expected."""

from pathlib import Path

import pytest

from app.settings import Settings, SettingsError, read


def test_an_empty_environment_gives_an_embedded_database_in_the_data_folder() -> None:
    settings = read({})
    assert settings == Settings()
    assert settings.embedded
    assert settings.url == f"sqlite:///{Path('data/styloscope.db').absolute()}"


def test_each_variable_is_read() -> None:
    settings = read(
        {
            "STYLOSCOPE_DATA": "/srv/styloscope",
            "STYLOSCOPE_DATABASE_URL": "postgresql+psycopg://team@db/styloscope",
            "STYLOSCOPE_MODE": "team",
            "STYLOSCOPE_SQLITE_SYNC": "full",
            "STYLOSCOPE_PROXY": "http://proxy:3128",
            "STYLOSCOPE_CA_FILE": "/etc/ca.pem",
            "STYLOSCOPE_PUBLIC_URL": "https://styloscope.example",
            "STYLOSCOPE_TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2",
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
        ca_file="/etc/ca.pem",
        public_url="https://styloscope.example",
        trusted_proxies=("10.0.0.1", "10.0.0.2"),
        root_path="/s",
        allowed_hosts=("styloscope.example",),
    )
    assert not settings.embedded


def test_keys_of_endpoints_and_other_programs_variables_are_left_alone() -> None:
    assert read({"STYLOSCOPE_KEY_LAB": "secret", "OPENAI_API_KEY": "secret", "PATH": "/bin"}) == Settings()


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"STYLOSCOPE_MODE": "prod"}, "STYLOSCOPE_MODE: found 'prod', expected local or team"),
        ({"STYLOSCOPE_SQLITE_SYNC": "off"}, "STYLOSCOPE_SQLITE_SYNC: found 'off', expected normal or full"),
        (
            {"STYLOSCOPE_DATABASE_URL": "mysql://u:secret@h/d"},
            "STYLOSCOPE_DATABASE_URL: found the scheme 'mysql', expected postgresql+psycopg:// or sqlite:///",
        ),
        (
            {"STYLOSCOPE_DATAA": "x"},
            "STYLOSCOPE_DATAA: no such setting; expected one of STYLOSCOPE_ALLOWED_HOSTS,",
        ),
    ],
)
def test_a_mistake_is_named(environ: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as error:
        read(environ)
    assert str(error.value).startswith(message)


def test_a_password_in_the_database_address_is_never_repeated() -> None:
    with pytest.raises(SettingsError) as error:
        read({"STYLOSCOPE_DATABASE_URL": "mysql://u:secret@h/d"})
    assert "secret" not in str(error.value)
