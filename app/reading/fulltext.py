"""The full text of what was said and of what is asked, kept by triggers in both databases.

`messages_fts` holds every message but prompts' turns, with its scope tokens: `Draw.scope`, and what it is where
it is no answer (`kr` reasoning, `ku` a person's or an imported turn, `kt` a tool's). `prompts_fts` holds each
prompt's turns once, for a rung that stands below ten thousand answers is one prompt. `ensure` is idempotent and
runs after every migration, as `frozen.ensure` does.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, inspect, text

MOST = 180_000  # characters of a text that PostgreSQL indexes: a tsvector holds 1 MB, a letter takes up to 5 bytes
# What SQLite's unicode61 takes for a gap; PostgreSQL's own parser would take "and/or" for the name of a file.
GAPS = (
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~¡§«¶·»¿‐‑‒–—―‘’‚‛“”„‟†‡•…‰′″‹›⁄"
    "、。〈〉《》「」『』【】〜・！（），．／：；？［］｛｝～"
)
TOKENIZE = "unicode61 remove_diacritics 2"
SCOPE = (
    "{row}.scope || CASE {row}.role WHEN 'reasoning' THEN ' kr' WHEN 'user' THEN ' ku' WHEN 'tool' THEN ' kt' "
    "ELSE '' END"
)


@dataclass(frozen=True, slots=True)
class Indexed:
    """A full-text table: the table it stands beside, which of its rows, and their columns on SQLite.

    `words` makes a row's tsvector on PostgreSQL; `{row}` stands for the row in every expression.
    """

    name: str
    beside: str
    rows: str
    columns: dict[str, str]
    options: str
    words: str


INDEXED = (
    Indexed(
        "messages_fts", "messages", "{row}.origin <> 'prompt'", {"text": "{row}.text", "scope": SCOPE},
        "content='messages', content_rowid='id'",
        # A word has no slash, so that a scope token has one.
        "styloscope_words({row}.text) || "
        f"array_to_tsvector(string_to_array('/' || replace({SCOPE}, ' ', ' /'), ' '))",
    ),
    Indexed(
        "prompts_fts", "prompts", "TRUE",
        {"text": "(SELECT group_concat(coalesce(json_extract(value, '$.user'), json_extract(value, '$.assistant'), "
                 "json_extract(value, '$.text')), char(10)) FROM json_each({row}.shape, '$.turns'))"},
        "content=''",
        "styloscope_words((SELECT string_agg(coalesce(value ->> 'user', value ->> 'assistant', value ->> 'text'), "
        "chr(10)) FROM json_array_elements({row}.shape -> 'turns')))",
    ),
)  # fmt: skip
WHEN = ("insert", "update", "delete")


def names() -> set[str]:
    """Return the name of every trigger that must exist at head."""
    return {f"{one.name}_{when}" for one in INDEXED for when in WHEN}


def ensure(connection: Connection) -> None:
    """Make the full-text tables that are missing, fill them, and make their triggers anew.

    The connection's transaction is the caller's. Filling takes about 15 s a million messages on SQLite.
    """
    sqlite = connection.dialect.name == "sqlite"
    if not sqlite:
        _function(connection)
    for one in INDEXED:
        if not inspect(connection).has_table(one.name):
            (_fill_sqlite if sqlite else _fill_postgresql)(connection, one)
        (_watch_sqlite if sqlite else _watch_postgresql)(connection, one)


def _fill_sqlite(connection: Connection, one: Indexed) -> None:
    # No text is copied: its columns are read where they are, or never.
    columns = ", ".join(one.columns)
    connection.execute(
        text(f"CREATE VIRTUAL TABLE {one.name} USING fts5({columns}, {one.options}, tokenize='{TOKENIZE}')")
    )
    values, rows = ", ".join(one.columns.values()), one.rows
    connection.execute(
        text(
            f"INSERT INTO {one.name} (rowid, {columns}) SELECT id, {values} FROM {one.beside} WHERE {rows}"
            .format(row=one.beside)
        )
    )  # fmt: skip


def _watch_sqlite(connection: Connection, one: Indexed) -> None:
    columns, values = ", ".join(one.columns), ", ".join(one.columns.values())
    put = f"INSERT INTO {one.name} (rowid, {columns}) VALUES ({{row}}.id, {values});".format(row="NEW")
    take = f"INSERT INTO {one.name} ({one.name}, rowid, {columns}) VALUES ('delete', {{row}}.id, {values});"
    take = take.format(row="OLD")
    for when, row, does in (("insert", "NEW", put), ("update", "OLD", take + put), ("delete", "OLD", take)):
        name = f"{one.name}_{when}"
        connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
        connection.execute(
            text(
                f"CREATE TRIGGER {name} AFTER {when} ON {one.beside} FOR EACH ROW "
                f"WHEN {one.rows.format(row=row)} BEGIN {does} END"
            )
        )


def _function(connection: Connection) -> None:
    """Make the function that reads a text's words as unicode61 does: without accents, parted at its gaps."""
    said = f"normalize(regexp_replace(normalize(left(said, {MOST}), NFD), '[\\u0300-\\u036f]', '', 'g'), NFC)"
    gaps = GAPS.replace("'", "''").replace(":", r"\:")
    connection.execute(
        text(
            "CREATE OR REPLACE FUNCTION styloscope_words(said text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS "
            f"$$ SELECT to_tsvector('simple', translate({said}, '{gaps}', repeat(' ', {len(GAPS)}))) $$"
        )
    )


def _fill_postgresql(connection: Connection, one: Indexed) -> None:
    connection.execute(text(f"CREATE TABLE {one.name} (id bigint PRIMARY KEY, words tsvector NOT NULL)"))
    filling = f"INSERT INTO {one.name} SELECT id, {one.words} FROM {one.beside} WHERE {one.rows}"
    connection.execute(text(filling.format(row=one.beside)))
    connection.execute(text(f"CREATE INDEX ix_{one.name}_words ON {one.name} USING gin (words)"))


def _watch_postgresql(connection: Connection, one: Indexed) -> None:
    put = f"IF {one.rows} THEN INSERT INTO {one.name} VALUES ({{row}}.id, {one.words}); END IF;"
    put, take = put.format(row="NEW"), f"DELETE FROM {one.name} WHERE id = OLD.id;"
    for when, does in (("insert", put), ("update", take + put), ("delete", take)):
        name = f"{one.name}_{when}"
        connection.execute(
            text(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN {does} RETURN NULL; END $$"
            )
        )
        connection.execute(text(f"DROP TRIGGER IF EXISTS {name} ON {one.beside}"))
        connection.execute(
            text(f"CREATE TRIGGER {name} AFTER {when} ON {one.beside} FOR EACH ROW EXECUTE FUNCTION {name}()")
        )
