"""One PostgreSQL database for many tests: emptied after each, which takes a tenth of making it anew.

What a test left behind decides: rows are deleted; a table that grew beyond what the planner takes for small is
truncated with all others; a schema, a trigger or statistics that are not as they were cost a new database.
"""

import psycopg

from tests.postgres import Server

# Rows that the migrations wrote are kept beside, and put back.
PREPARE = """
CREATE SCHEMA baseline;
CREATE TABLE baseline.sequences AS
  SELECT sequencename AS name, last_value FROM pg_sequences WHERE schemaname = 'public';
DO $$ DECLARE t record; BEGIN
  FOR t IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TABLE baseline.%1$I AS TABLE public.%1$I', t.name);
  END LOOP;
END $$;
CREATE FUNCTION baseline.reset() RETURNS void LANGUAGE plpgsql AS $$ DECLARE t record; every text; BEGIN
  SET LOCAL session_replication_role = replica;  -- neither triggers nor foreign keys stand in the way
  SELECT string_agg(format('public.%I', tablename), ', ') INTO every FROM pg_tables WHERE schemaname = 'public';
  IF EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
             AND pg_relation_size(oid) > 10 * 8192) THEN
    EXECUTE 'TRUNCATE ' || every;
  END IF;
  FOR t IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('DELETE FROM public.%1$I; INSERT INTO public.%1$I SELECT * FROM baseline.%1$I', t.name);
  END LOOP;
  PERFORM setval(format('public.%I', name), coalesce(last_value, 1), last_value IS NOT NULL)
    FROM baseline.sequences;
END $$;
"""
# Everything of a schema that a test could change, and the statistics that plans are made by.
SHAPE = """
SELECT md5(string_agg(what, ' ' ORDER BY what)) FROM (
  SELECT format('%s %s %s', tgrelid::regclass, tgname, tgenabled) AS what FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT format('%s %s %s %s', c.relname, a.attname, a.atttypid, a.attnotnull)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relnamespace = 'public'::regnamespace
    WHERE a.attnum > 0
  UNION ALL SELECT format('%s %s', conrelid::regclass, conname) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT format('analysed %s', relname) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reltuples >= 0
) AS everything
"""


class Reused:
    """A database of a test server that is given out again and again, always as the template is."""

    def __init__(self, server: Server, name: str) -> None:
        self.server, self.name = server, name
        self._made, self._shape = False, ""

    def fresh(self) -> str:
        """Return the address of the database, empty at head."""
        if self._made and not self._emptied():
            self.server.admin(f"DROP DATABASE {self.name} WITH (FORCE)")
            self._made = False
        if not self._made:
            self.server.admin(f"CREATE DATABASE {self.name} TEMPLATE template_head")
            with self._connected() as connection:
                connection.execute(PREPARE)
                self._shape = self._found(connection)
            self._made = True
        return self.server.url(self.name)

    def _emptied(self) -> bool:
        with self._connected() as connection:
            # A process that a test killed may not be gone yet, and with it its locks.
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if self._found(connection) != self._shape:
                return False
            connection.execute("SELECT baseline.reset()")
        return True

    def _found(self, connection: "psycopg.Connection[tuple[str]]") -> str:
        row = connection.execute(SHAPE).fetchone()
        assert row is not None
        return row[0]

    def _connected(self) -> "psycopg.Connection[tuple[str]]":
        url = self.server.url(self.name).replace("+psycopg", "")
        return psycopg.connect(url, autocommit=True)
