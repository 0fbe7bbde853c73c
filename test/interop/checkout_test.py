#!/usr/bin/env python3
"""stratmaster_api.tenant_engines against a real server: what one checkout leaves behind reaches nobody, whatever goes
wrong at a checkout leaves nothing to use. checkout_budget_test.py: the budget, threads, secrets.

    test/interop/checkout_test.sh PROGRAM     makes the server and runs this
"""

import gc
import os
import time
import unittest
import warnings
from unittest import mock
from uuid import UUID

import psycopg2
import sqlalchemy as sa
from sqlalchemy import exc, orm

from stratmaster_api import tenant_engines
from stratmaster_api.tenant_engines import TenantEngines, TenantRefused

ADMIN = os.environ["CHECKOUT_ADMIN_DSN"]
SERVER = {"host": "127.0.0.1", "port": os.environ["CHECKOUT_PORT"], "dbname": "stratmaster"}
TENANTS = [UUID(line) for line in os.environ["CHECKOUT_TENANTS"].split()]
A, B = TENANTS[:2]
STRICT = os.environ.get("CHECKOUT_PROFILE") == "strict"


def password_of(tenant):
    return f"tenant-{tenant}"


def admin(sql, *values):
    connection = psycopg2.connect(ADMIN)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def role(tenant):
    return f"app_tenant_{tenant.hex}"


def one(connection, sql, **values):
    return connection.execute(sa.text(sql), values).scalar()


class Case(unittest.TestCase):
    def setUp(self):
        self.engines = TenantEngines(SERVER, password_of)
        self.addCleanup(self.engines.dispose)

    def engines_of(self, **options):
        engines = TenantEngines(SERVER, password_of, **options)
        self.addCleanup(engines.dispose)
        return engines

    def backend(self, connection):
        return one(connection, "SELECT pg_catalog.pg_backend_pid()")


class Checkout(Case):
    def test_is_the_tenants(self):
        for tenant in (A, B, str(A)):
            with self.engines.connect(tenant) as connection:
                self.assertEqual(one(connection, "SELECT current_user::text"), role(UUID(str(tenant))))
                self.assertEqual(one(connection, "SELECT session_user::text"), role(UUID(str(tenant))))
                self.assertEqual(one(connection, "SELECT pgcontract.checkout()::text"), str(tenant))

    def test_sees_its_tenants_rows_and_no_others(self):
        for tenant in (A, B):
            with self.engines.connect(tenant) as connection:
                connection.execute(
                    sa.text("INSERT INTO reports (tenant_id, title, status) VALUES (:t, :title, 'draft')"),
                    {"t": tenant.hex, "title": f"of {tenant}"},
                )
                connection.commit()
        for tenant in (A, B):
            with self.engines.connect(tenant) as connection:
                titles = connection.execute(sa.text("SELECT DISTINCT title FROM reports")).scalars().all()
                self.assertEqual(titles, [f"of {tenant}"])

    def test_is_one_message_and_the_callers_transaction_comes_later(self):
        sent = []
        real = psycopg2.extensions.cursor.execute

        class Recording(psycopg2.extensions.cursor):
            def execute(self, query, vars=None):
                status = self.connection.info.transaction_status
                sent.append((str(query), status, self.connection.autocommit))
                return real(self, query, vars)

        engines = TenantEngines({**SERVER, "cursor_factory": Recording}, password_of)
        self.addCleanup(engines.dispose)
        with engines.connect(A):
            pass
        sent.clear()
        with engines.connect(A) as connection:
            connection.execute(sa.text("SELECT 1"))
        idle = psycopg2.extensions.TRANSACTION_STATUS_IDLE
        self.assertEqual(
            sent,
            [
                (f'SET ROLE "{role(A)}"; SELECT pgcontract.checkout()::pg_catalog.text', idle, True),
                ("SELECT 1", idle, False),
                ("DISCARD ALL", idle, True),
            ],
        )

    def test_an_orm_session_works(self):
        with orm.Session(self.engines.engine(A)) as session:
            self.assertEqual(session.execute(sa.text("SELECT current_user::text")).scalar(), role(A))


class Leaks(Case):
    """One tenant, one connection: what is left behind is not there at the next checkout of the same session."""

    def leaves(self, *statements, autocommit=False):
        with self.engines.connect(A) as connection:
            if autocommit:
                connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            for statement in statements:
                connection.execute(sa.text(statement))
            self.left_by = self.backend(connection)
            connection.commit() if not autocommit else None

    def next(self, sql):
        with self.engines.connect(A) as connection:
            self.assertEqual(self.backend(connection), self.left_by, "the same session, or nothing is shown")
            return one(connection, sql)

    def test_temporary_tables(self):
        with self.engines.connect(A) as connection, self.assertRaises(exc.ProgrammingError) as raised:
            connection.execute(sa.text("CREATE TEMP TABLE left_over (x int)"))
        self.assertEqual(raised.exception.orig.pgcode, "42501", "the design withholds TEMPORARY")
        admin("GRANT TEMPORARY ON DATABASE stratmaster TO pgc_tenant")
        self.addCleanup(admin, "REVOKE TEMPORARY ON DATABASE stratmaster FROM pgc_tenant")
        self.leaves("CREATE TEMP TABLE reports AS SELECT 'secret' AS title")
        self.assertIsNone(self.next("SELECT pg_catalog.to_regclass('pg_temp.reports')"))
        self.assertEqual(self.next("SELECT 'reports'::regclass::oid = 'stratmaster_api.reports'::regclass::oid"), True)

    def test_prepared_statements(self):
        self.leaves("PREPARE left_over AS SELECT 'secret'")
        self.assertEqual(self.next("SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_statements"), 0)

    def test_cursors_with_hold(self):
        self.leaves("DECLARE left_over CURSOR WITH HOLD FOR SELECT 'secret'")
        self.assertEqual(self.next("SELECT pg_catalog.count(*) FROM pg_catalog.pg_cursors WHERE is_holdable"), 0)

    def test_settings(self):
        self.leaves("SET app.note = 'secret'", "SET statement_timeout = 0", "SET search_path = pg_catalog",
                    "SET row_security = off", "SET work_mem = '1GB'")
        self.assertIn(self.next("SELECT pg_catalog.current_setting('app.note', true)"), (None, ""))
        self.assertEqual(self.next("SELECT pg_catalog.current_setting('statement_timeout')"), "30s")
        self.assertEqual(self.next("SELECT pg_catalog.current_setting('row_security')"), "on")
        self.assertEqual(self.next("SELECT pg_catalog.current_setting('work_mem')"), "4MB")
        self.assertEqual(self.next("SELECT pg_catalog.current_setting('search_path')"),
                         f"tenant_{A.hex}, stratmaster_api")

    def test_the_tenant_setting(self):
        self.leaves(f"SET app.tenant_id = '{B}'")
        self.assertEqual(self.next("SELECT pg_catalog.current_setting('app.tenant_id')"), str(A))

    @unittest.skipIf(STRICT, "advisory locks are not the tenants' under strict")
    def test_advisory_locks(self):
        self.leaves("SELECT pg_catalog.pg_advisory_lock(4711)")
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = %s"
        self.assertEqual(admin(held, self.left_by), [(0,)])
        with self.engines.connect(B) as connection:
            self.assertTrue(one(connection, "SELECT pg_catalog.pg_try_advisory_lock(4711)"))

    def test_listen_and_notifications_received(self):
        self.leaves("LISTEN left_over", "NOTIFY left_over, 'secret'")
        self.assertEqual(self.next("SELECT pg_catalog.count(*) FROM pg_catalog.pg_listening_channels()"), 0)
        admin("NOTIFY left_over, 'later'")
        with self.engines.connect(A) as connection:
            raw = connection.connection.dbapi_connection
            raw.poll()
            self.assertEqual(raw.notifies, [])
            self.assertEqual(raw.notices, [])

    def test_the_role(self):
        # PostgreSQL 14 and 15 let a tenant become its group; from 16 on it is refused.
        if admin("SELECT current_setting('server_version_num')::int >= 160000")[0][0]:
            with self.engines.connect(A) as connection, self.assertRaises(exc.ProgrammingError):
                connection.execute(sa.text("SET ROLE pgc_tenant"))
        else:
            self.leaves("SET ROLE pgc_tenant")
        with self.engines.connect(A) as connection:
            self.assertEqual(one(connection, "SELECT current_user::text"), role(A))

    def test_transaction_modes_of_the_driver(self):
        with self.engines.connect(A) as connection:
            connection.connection.dbapi_connection.set_session(isolation_level="SERIALIZABLE", readonly=True)
        with self.engines.connect(A) as connection:
            self.assertEqual(one(connection, "SELECT pg_catalog.current_setting('transaction_read_only')"), "off")
            self.assertEqual(
                one(connection, "SELECT pg_catalog.current_setting('transaction_isolation')"), "read committed"
            )

    def test_an_encoding_that_stays_closes_the_connection(self):
        with self.engines.connect(A) as connection:
            left_by = self.backend(connection)
            connection.connection.dbapi_connection.set_client_encoding("LATIN1")
        with self.engines.connect(A) as connection:
            self.assertEqual(connection.connection.dbapi_connection.encoding, "UTF8")
        self.assertIsNotNone(left_by)

    def test_an_open_transaction_is_rolled_back(self):
        with self.engines.connect(A) as connection:
            connection.execute(sa.text("INSERT INTO research_projects (name) VALUES ('unfinished')"))
        with self.engines.connect(A) as connection:
            self.assertEqual(one(connection, "SELECT count(*) FROM research_projects WHERE name = 'unfinished'"), 0)

    def test_a_session_in_the_middle_of_a_copy_is_closed(self):
        connection = self.engines.connect(A)
        raw = connection.connection.dbapi_connection
        left_by = self.backend(connection)

        class Stop(Exception):
            pass

        class Sink:
            def write(self, _):
                raise Stop

        with raw.cursor() as cursor, self.assertRaises(Exception):
            cursor.copy_expert("COPY (SELECT pg_catalog.repeat('x', 8000) FROM pg_catalog.generate_series(1, 100)) TO STDOUT", Sink())
        connection.close()
        with self.engines.connect(A) as connection:
            self.assertEqual(one(connection, "SELECT 1"), 1)
        self.assertIsNotNone(left_by)

    def test_a_connection_forgotten_in_use_goes_back_clean(self):
        connection = self.engines.connect(A)
        connection.execute(sa.text("SET app.note = 'secret'"))
        del connection
        gc.collect()
        with self.engines.connect(A) as connection:
            self.assertIn(one(connection, "SELECT pg_catalog.current_setting('app.note', true)"), (None, ""))
        self.assertEqual(self.engines.open_connections, 1)


class FailClosed(Case):
    def refused(self, tenant=A, engines=None):
        """The checkout fails, and the session that failed is gone, on both sides."""
        engines = engines or self.engines
        before = engines.open_connections
        with self.assertRaises((TenantRefused, exc.DBAPIError, exc.InvalidRequestError)) as raised:
            engines.connect(tenant)
        self.assertLessEqual(engines.open_connections, max(0, before - 1) if before else 0)
        self.assertGone(tenant)
        return str(raised.exception)

    def assertGone(self, tenant):
        for _ in range(100):
            if admin("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", role(tenant)) == [(0,)]:
                return
            time.sleep(0.05)
        self.fail("a session of the tenant is still there")

    def warm(self, tenant=A):
        with self.engines.connect(tenant) as connection:
            return self.backend(connection)

    def test_a_suspended_tenant(self):
        self.warm()
        admin("UPDATE pgcontract.tenant SET state = 'suspended' WHERE id = %s", str(A))
        self.addCleanup(admin, "UPDATE pgcontract.tenant SET state = 'active' WHERE id = %s", str(A))
        self.assertIn("is not active", self.refused())

    def test_a_tenant_that_cannot_log_in(self):
        admin(f"ALTER ROLE {role(A)} NOLOGIN")
        self.addCleanup(admin, f"ALTER ROLE {role(A)} LOGIN")
        self.assertIn("not permitted to log in", self.refused())

    def test_the_assertion_itself_closes_what_it_refuses(self):
        # SQLAlchemy would close it as well; that is not left to it.
        admin("UPDATE pgcontract.tenant SET state = 'suspended' WHERE id = %s", str(A))
        self.addCleanup(admin, "UPDATE pgcontract.tenant SET state = 'active' WHERE id = %s", str(A))
        connection = psycopg2.connect(**SERVER, user=role(A), password=password_of(A))
        with self.assertRaises(TenantRefused):
            tenant_engines._Checkout(A, role(A))(connection, mock.Mock(info={}), None)
        self.assertTrue(connection.closed)

    def test_an_unknown_tenant(self):
        self.refused(UUID("99999999-9999-4999-8999-999999999999"))
        with self.assertRaises(ValueError):
            self.engines.connect("x'; DROP TABLE reports; --")

    def test_a_superuser_and_bypassrls(self):
        for attribute in ("SUPERUSER", "BYPASSRLS"):
            self.warm()
            admin(f"ALTER ROLE {role(A)} {attribute}")
            self.addCleanup(admin, f"ALTER ROLE {role(A)} NO{attribute}")
            self.assertIn("is a superuser or has BYPASSRLS", self.refused())
            admin(f"ALTER ROLE {role(A)} NO{attribute}")

    def test_a_login_that_is_nobodys(self):
        for login, message in (("postgres", "is a superuser or has BYPASSRLS"), ("pgc_migrator", "")):
            engines = self.engines_of(role_pattern=login)
            engines._password_of = lambda tenant: os.environ["CHECKOUT_ADMIN_PASSWORD"]
            with self.assertRaises((TenantRefused, exc.DBAPIError)) as raised:
                engines.connect(A)
            self.assertIn(message, str(raised.exception))
            self.assertEqual(engines.open_connections, 0)

    def test_the_wrong_setting(self):
        admin(f"ALTER ROLE {role(A)} IN DATABASE stratmaster SET app.tenant_id = '{B}'")
        self.addCleanup(admin, f"ALTER ROLE {role(A)} IN DATABASE stratmaster SET app.tenant_id = '{A}'")
        self.assertIn("does not name the tenant", self.refused())

    def test_the_wrong_path(self):
        admin(f"ALTER ROLE {role(A)} IN DATABASE stratmaster SET search_path = tenant_{B.hex}, stratmaster_api")
        self.addCleanup(
            admin, f"ALTER ROLE {role(A)} IN DATABASE stratmaster SET search_path = tenant_{A.hex}, stratmaster_api"
        )
        self.assertIn("search_path of", self.refused())

    def test_a_second_membership_of_the_role_asserted(self):
        # As if the tenant's role could be left: the session then runs as another role than it logged in as.
        engines = self.engines_of()
        real = tenant_engines._Checkout._ask

        def as_group(checkout, connection):
            checkout._statement = checkout._statement.replace(role(A), "pgc_tenant")
            real(checkout, connection)

        with mock.patch.object(tenant_engines._Checkout, "_ask", as_group):
            self.refused(engines=engines)

    def test_a_statement_that_fails_in_the_same_message(self):
        self.warm()
        admin("ALTER FUNCTION pgcontract.checkout() RENAME TO elsewhere")
        self.addCleanup(admin, "ALTER FUNCTION pgcontract.elsewhere() RENAME TO checkout")
        self.assertIn("does not exist", self.refused())

    def test_an_answer_for_another_tenant(self):
        engines = self.engines_of(role_pattern=role(B))
        engines._password_of = lambda tenant: password_of(B)
        with self.assertRaises(TenantRefused) as raised:
            engines.connect(A)
        self.assertIn(f"is of tenant {B}", str(raised.exception))
        self.assertEqual(engines.open_connections, 0)
        self.assertGone(B)

    def test_a_session_killed_while_idle_is_replaced(self):
        killed = self.warm()
        admin("SELECT pg_terminate_backend(%s)", killed)
        self.assertNotEqual(self.warm(), killed)
        self.assertEqual(self.engines.open_connections, 1)

    def test_a_session_killed_while_in_use_is_dropped(self):
        connection = self.engines.connect(A)
        killed = self.backend(connection)
        admin("SELECT pg_terminate_backend(%s)", killed)
        with self.assertRaises(exc.DBAPIError):
            connection.execute(sa.text("SELECT 1"))
        connection.close()
        self.assertEqual(self.engines.open_connections, 0)
        self.assertNotEqual(self.warm(), killed)

    def test_a_checkout_that_is_interrupted(self):
        self.warm()
        with mock.patch.object(tenant_engines._Checkout, "_ask", side_effect=KeyboardInterrupt):
            with self.assertRaises(KeyboardInterrupt):
                self.engines.connect(A)
        self.assertEqual(self.engines.open_connections, 0)
        self.assertGone(A)

    def test_an_invalidated_connection_gives_its_place_back(self):
        with self.engines.connect(A) as connection:
            connection.connection.invalidate()
        self.assertEqual(self.engines.open_connections, 0)

    def test_what_was_left_by_a_session_that_skipped_its_return(self):
        # DISCARD ALL not run: the next checkout says so instead of handing it on.
        for leftover in ("PREPARE x AS SELECT 1", "DECLARE x CURSOR WITH HOLD FOR SELECT 1", "LISTEN x",
                         "SET search_path = pg_catalog", f"SET app.tenant_id = '{B}'"):
            with mock.patch.object(tenant_engines, "_is_clean", lambda record: True):
                with self.engines.connect(A) as connection:
                    connection.execute(sa.text(leftover))
                    connection.commit()
            self.refused()


if __name__ == "__main__":
    warnings.simplefilter("error", exc.SADeprecationWarning)
    print(f"SQLAlchemy {sa.__version__}, psycopg2 {psycopg2.__version__}, profile {'strict' if STRICT else 'standard'}")
    unittest.main()
