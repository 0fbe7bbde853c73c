#!/usr/bin/env python3
"""stratmaster_api.tenant_engines against a real server: the budget of connections holds, under threads too, and no text
holds a secret. Run by checkout_test.sh, like checkout_test.py, which says what the environment must hold.
"""

import logging
import threading
import traceback
import unittest
from unittest import mock
from uuid import UUID

import sqlalchemy as sa
from checkout_test import SERVER, TENANTS, A, B, Case, admin, one, password_of, role
from sqlalchemy import exc

from stratmaster_api import tenant_engines
from stratmaster_api.tenant_engines import TenantEngines, TenantRefused


class Budget(Case):
    def test_the_longest_idle_goes_first(self):
        engines = self.engines_of(connections=3, per_tenant=2)
        backends = {}
        for tenant in TENANTS[:3]:
            with engines.connect(tenant) as connection:
                backends[tenant] = self.backend(connection)
        with engines.connect(TENANTS[0]):
            pass  # is now the last to have been used
        with engines.connect(TENANTS[3]):
            self.assertEqual(engines.open_connections, 3)
        self.assertEqual(admin("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", backends[TENANTS[0]]), [(1,)])
        with engines.connect(TENANTS[0]) as connection:
            self.assertEqual(self.backend(connection), backends[TENANTS[0]])
        with engines.connect(TENANTS[1]) as connection:
            self.assertNotEqual(self.backend(connection), backends[TENANTS[1]], "the longest idle was closed")

    def test_a_spent_budget_waits_and_says_so(self):
        engines = self.engines_of(connections=1, per_tenant=1, wait_seconds=0.2)
        with engines.connect(A):
            with self.assertRaises(exc.TimeoutError) as raised:
                engines.connect(B)
            self.assertIn("1 are open", str(raised.exception))
        with engines.connect(B):
            pass

    def test_who_waits_is_served_when_one_comes_back(self):
        engines = self.engines_of(connections=1, per_tenant=1, wait_seconds=10)
        held = engines.connect(A)
        threading.Timer(0.2, held.close).start()
        with engines.connect(B) as connection:
            self.assertEqual(one(connection, "SELECT current_user::text"), role(B))

    def test_one_tenant_cannot_take_all(self):
        engines = self.engines_of(connections=4, per_tenant=2, wait_seconds=0.2)
        with engines.connect(A), engines.connect(A):
            with self.assertRaises(exc.TimeoutError):
                engines.connect(A)
            with engines.connect(B):
                pass

    def test_a_failed_login_takes_no_place(self):
        engines = self.engines_of(connections=1, per_tenant=1, wait_seconds=0.2)
        for _ in range(3):
            with self.assertRaises(exc.DBAPIError):
                engines.connect(UUID("99999999-9999-4999-8999-999999999999"))
        self.assertEqual(engines.open_connections, 0)
        with engines.connect(A):
            pass

    def test_engines_are_dropped_too(self):
        engines = self.engines_of(connections=2, per_tenant=1)
        for tenant in TENANTS[:20]:
            with engines.connect(tenant):
                pass
        self.assertLessEqual(len(engines._engines), 5)

    def test_a_disposed_engine_gives_its_places_back(self):
        with self.engines.connect(A):
            pass
        engine = self.engines.engine(A)
        engine.dispose()
        self.assertEqual(self.engines.open_connections, 0)
        with engine.connect() as connection:
            self.assertEqual(one(connection, "SELECT current_user::text"), role(A), "asserted after dispose(), too")

    def test_what_is_in_use_at_dispose_is_closed_when_it_comes_back(self):
        connection = self.engines.connect(A)
        self.engines.dispose()
        self.assertEqual(one(connection, "SELECT 1"), 1)
        connection.close()
        self.assertEqual(self.engines.open_connections, 0)

    def test_an_interrupted_return_gives_its_place_back(self):
        connection = self.engines.connect(A)
        with mock.patch.object(tenant_engines, "_is_clean", side_effect=KeyboardInterrupt):
            with self.assertRaises(KeyboardInterrupt):
                connection.close()
        self.assertEqual(self.engines.open_connections, 0)

    def test_threads(self):
        """8 threads, 50 tenants, room for 10 connections: each sees its tenant only, and the budget holds."""
        engines = self.engines_of(connections=10, per_tenant=3, wait_seconds=60)
        most, wrong, done = [0], [], [0]
        lock = threading.Lock()

        def work(number):
            for turn in range(60):
                tenant = TENANTS[(number * 17 + turn * 7) % 50]
                try:
                    with engines.connect(tenant) as connection:
                        seen = one(connection, "SELECT current_user::text || COALESCE(pg_catalog.current_setting("
                                               "'app.note', true), '')")
                        connection.execute(sa.text(f"SET app.note = '{tenant}'"))
                        if turn % 9 == 0:
                            connection.invalidate()
                        else:
                            connection.commit()
                        with lock:
                            most[0] = max(most[0], engines.open_connections)
                            done[0] += 1
                            if seen != role(tenant):
                                wrong.append((tenant, seen))
                except Exception:  # pylint: disable=broad-except
                    with lock:
                        wrong.append(traceback.format_exc())

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertEqual(done[0], 480)
        self.assertLessEqual(most[0], 10)
        self.assertLessEqual(engines.open_connections, 10)
        engines.dispose()
        self.assertEqual(engines.open_connections, 0)


class Secrets(Case):
    def test_are_in_no_text(self):
        records = []
        handler = logging.Handler()
        handler.emit = lambda record: records.append(record.getMessage())
        logger = logging.getLogger("sqlalchemy")
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)
        logger.setLevel(logging.DEBUG)
        self.addCleanup(logger.setLevel, logging.NOTSET)
        engines = self.engines_of(engine_options={"echo": "debug", "logging_name": "checkout"})
        with engines.connect(A) as connection:
            shown = [repr(engines), repr(engines.engine(A)), str(engines.engine(A).url), repr(connection),
                     connection.connection.dbapi_connection.dsn, engines.engine(A).pool.status()]
        engines._password_of = lambda tenant: "hunter2"
        try:
            engines.connect(B)
        except exc.DBAPIError as error:
            shown.append(traceback.format_exc())
            # As reporters do that record variables.
            while error is not None:
                whole = traceback.TracebackException.from_exception(error, capture_locals=True)
                frames = [frame for frame in whole.stack if __file__ != frame.filename]
                shown.append(repr([frame.locals for frame in frames]))
                self.assertNotIn("hunter2", shown.pop())
                error = error.__cause__ or error.__context__
        admin("UPDATE pgcontract.tenant SET state = 'suspended' WHERE id = %s", str(A))
        self.addCleanup(admin, "UPDATE pgcontract.tenant SET state = 'active' WHERE id = %s", str(A))
        try:
            engines.connect(A)
        except TenantRefused:
            shown.append(traceback.format_exc())
        self.assertEqual(len(shown), 8)
        for text in shown + records:
            self.assertNotIn(password_of(A), text)
            self.assertNotIn("hunter2", text)

    def test_are_not_among_the_arguments(self):
        for name in ("user", "password", "options"):
            with self.assertRaises(ValueError):
                TenantEngines({**SERVER, name: "x"})


if __name__ == "__main__":
    unittest.main()
