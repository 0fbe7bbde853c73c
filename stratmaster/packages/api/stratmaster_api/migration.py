"""What the two Alembic environments share: where the DSN comes from, which schema is migrated, one transaction.

Both histories name no schema. The session's search_path says where they go, so that the same revisions serve every
tenant and render offline as one text that fits any of them.
"""

import os
import re
import sys
from contextlib import contextmanager
from functools import cache
from logging.config import fileConfig

import sqlalchemy as sa
from alembic import context
from alembic.util import CommandError

URL_VARIABLE = "DATABASE_URL"
LOCK = (1885823860, 1)  # pgcontract's advisory lock: one apply, migrate or alembic at a time on a database
CHANGING = ("upgrade", "downgrade", "stamp")


def run(metadata, choose_schema):
    """Runs the command at hand. choose_schema(current_schema) answers (schema, may_create)."""
    if context.config.config_file_name is not None:
        fileConfig(context.config.config_file_name, disable_existing_loggers=False)
    if context.is_offline_mode():
        _render(metadata)
    else:
        with _lock():
            _migrate(metadata, choose_schema)


def _render(metadata):
    """--sql: needs neither a database nor its URL; the text goes wherever the applying session's search_path points."""
    context.configure(
        dialect_name="postgresql",
        target_metadata=metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    # Online the server says standard_conforming_strings; offline nobody does, and backslashes would be doubled.
    context.get_context().dialect._backslash_escapes = False
    with context.begin_transaction():
        context.run_migrations()


def _migrate(metadata, choose_schema):
    session, schema, is_missing = _connect(choose_schema)
    # libpq opens the session itself (creator), so every form of DSN, PGOPTIONS, PGPASSFILE and PGSERVICE work here as
    # they do in psql.
    engine = sa.create_engine(
        "postgresql+psycopg2://", creator=lambda: session, poolclass=sa.pool.NullPool, future=True
    )
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            compare_type=True,
            compare_server_default=True,
            include_name=_without_partitions(connection),
        )
        with context.begin_transaction():
            if is_missing:
                connection.execute(sa.schema.CreateSchema(schema))
            context.run_migrations()


@contextmanager
def _lock():
    """Keeps pgcontract and other runs of Alembic out, on a session of its own: CREATE INDEX CONCURRENTLY waits for every
    transaction, but not for an idle session that holds a lock. pgcontract holds it for the Alembic that it starts."""
    command = getattr(context.config.cmd_opts, "cmd", None)
    if os.environ.get("PGCONTRACT_LOCK") == "held" or not command or command[0].__name__ not in CHANGING:
        yield
        return
    import psycopg2

    session = psycopg2.connect(_dsn(), application_name="alembic lock")
    try:
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", LOCK)
            if not cursor.fetchone()[0]:
                print("waiting for pgcontract, or another alembic, on this database", file=sys.stderr)
                cursor.execute("SELECT pg_advisory_lock(%s, %s)", LOCK)
        yield
    finally:
        session.close()


def _connect(choose_schema):
    """A session whose search_path is exactly the schema to migrate, that schema, and whether it is still missing."""
    import psycopg2  # here, so that --sql works without a driver
    from psycopg2.extensions import quote_ident

    try:
        session = psycopg2.connect(_dsn(), fallback_application_name="alembic")
    except psycopg2.Error as error:
        raise CommandError(f"cannot connect with {URL_VARIABLE}: {str(error).strip()}") from error
    session.autocommit = True
    with session.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        schema, may_create = choose_schema(cursor.fetchone()[0])
        cursor.execute("SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = %s)", (schema,))
        is_missing = cursor.fetchone()[0]
        if is_missing and not may_create:
            raise CommandError(f'schema "{schema}" does not exist. Onboard the tenant first: pgcontract tenant add.')
        # One schema only: with a second one in the path, a tenant without alembic_version would be taken to stand where
        # the second schema's alembic_version stands, and DROP … IF EXISTS would reach into it.
        cursor.execute(f"SET search_path TO {quote_ident(schema, session)}")
    session.autocommit = False
    return session, schema, is_missing


def _dsn():
    dsn = os.environ.get(URL_VARIABLE, "")
    if not dsn:
        raise CommandError(
            f"{URL_VARIABLE} is not set. Set it to postgresql://user@host:port/database, with the password in "
            "PGPASSFILE; or run `make migrate`, which asks the contract for the DSN; or add --sql to render only."
        )
    return re.sub(r"^postgres(ql)?\+\w+://", "postgresql://", dsn)  # SQLAlchemy's spelling of a driver


def _without_partitions(connection):
    """Partitions are made by revisions and not modelled: without this, autogenerate would drop them."""

    @cache
    def partitions():
        query = sa.text(
            "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relispartition AND n.nspname = pg_catalog.current_schema()"
        )
        return frozenset(connection.execute(query).scalars())

    return lambda name, kind, parents: kind != "table" or name not in partitions()
