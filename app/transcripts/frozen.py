"""The triggers that keep what models said as it was, in both databases, and the door through them.

`ensure` is idempotent and runs after every migration: a batch migration on SQLite drops triggers silently.
"""

from sqlalchemy import Connection, text

# What is refused, per table: (operation, condition on OLD and NEW).
DONE = "OLD.state = 'done'"
OLD_OWNER = "EXISTS (SELECT 1 FROM transcripts t WHERE t.id = OLD.transcript_id AND t.state = 'done')"
NEW_OWNER = OLD_OWNER.replace("OLD", "NEW")
ALWAYS = ""
# What a working set means is cited: its filter never changes, and once it is hashed neither do its members.
REDEFINED = (
    "(OLD.filter <> NEW.filter OR OLD.kind <> NEW.kind"
    " OR (OLD.sha256 IS NOT NULL AND (NEW.sha256 IS NULL OR NEW.sha256 <> OLD.sha256)))"
)
CLOSED_SET = "EXISTS (SELECT 1 FROM working_sets w WHERE w.id = NEW.set_id AND w.sha256 IS NOT NULL)"
RULES: dict[str, dict[str, str]] = {
    "transcripts": {"UPDATE": DONE, "DELETE": DONE},
    "exchanges": {"INSERT": NEW_OWNER, "UPDATE": f"({OLD_OWNER} OR {NEW_OWNER})", "DELETE": OLD_OWNER},
    "messages": {"UPDATE": ALWAYS, "DELETE": ALWAYS},
    "message_logprobs": {"UPDATE": ALWAYS, "DELETE": ALWAYS},
    "renderings": {"UPDATE": ALWAYS, "DELETE": ALWAYS},
    "settings": {"UPDATE": ALWAYS, "DELETE": ALWAYS},
    "events": {"UPDATE": ALWAYS, "DELETE": ALWAYS},
    "working_sets": {"UPDATE": REDEFINED, "DELETE": ALWAYS},
    "working_set_members": {"INSERT": CLOSED_SET, "UPDATE": ALWAYS, "DELETE": ALWAYS},
    # What people coded is replaced or removed by a date; what a revision of the codebook said stays as it was said.
    "codebook_revisions": {"UPDATE": ALWAYS, "DELETE": ALWAYS},
    "tags": {"UPDATE": ALWAYS, "DELETE": ALWAYS},
    "tag_versions": {"UPDATE": ALWAYS, "DELETE": ALWAYS},
    "annotations": {"DELETE": ALWAYS},
    "passes": {"DELETE": ALWAYS},
    "pass_tags": {"UPDATE": ALWAYS, "DELETE": ALWAYS},
    "pass_same": {"UPDATE": ALWAYS, "DELETE": ALWAYS},
}
CLOSED = "NOT EXISTS (SELECT 1 FROM maintenance)"


def names() -> set[str]:
    """Return the name of every trigger that must exist at head."""
    return {f"frozen_{table}_{what.lower()}" for table, rules in RULES.items() for what in rules}


def ensure(connection: Connection) -> None:
    """Make every trigger anew. The connection's transaction is the caller's."""
    make = _sqlite if connection.dialect.name == "sqlite" else _postgresql
    for table, rules in RULES.items():
        for what, condition in rules.items():
            when = " AND ".join(part for part in (condition, CLOSED) if part)
            make(connection, f"frozen_{table}_{what.lower()}", table, what, when)


def _sqlite(connection: Connection, name: str, table: str, what: str, when: str) -> None:
    connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
    connection.execute(
        text(
            f"CREATE TRIGGER {name} BEFORE {what} ON {table} FOR EACH ROW WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{table} are frozen: {what} refused'); END"
        )
    )


def _postgresql(connection: Connection, name: str, table: str, what: str, when: str) -> None:
    # A condition with a subquery is not allowed in WHEN there, so it stands in the function.
    result = "OLD" if what == "DELETE" else "NEW"
    connection.execute(
        text(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {when} THEN RAISE EXCEPTION '{table} are frozen: {what} refused'; END IF; "
            f"RETURN {result}; END $$"
        )
    )
    connection.execute(text(f"DROP TRIGGER IF EXISTS {name} ON {table}"))
    connection.execute(
        text(f"CREATE TRIGGER {name} BEFORE {what} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    )
