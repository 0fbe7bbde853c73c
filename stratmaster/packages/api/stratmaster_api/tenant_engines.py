"""SQLAlchemy engines for tenants: one engine each, one budget of connections for all of them.

    engines = TenantEngines({"host": "db", "dbname": "stratmaster"}, password_of=vault.password)
    with engines.connect(tenant) as connection:
        connection.execute(sa.text("SELECT title FROM stratmaster_api.reports"))

What holds:

* A session logs in as its tenant's own role and never changes tenants.
* Each checkout asserts that, in a round trip of its own: SET ROLE and pgcontract.checkout() in one message, whose answer
  must be the tenant. Whatever else happens there closes the connection: nobody gets it, and it is not used again.
* Each return runs DISCARD ALL. A connection that is not idle then, or that fails at it, is closed.
* No more connections than the budget are held at a time, idle ones included. Where it is spent, the connection that has
  been idle longest is closed, whichever tenant's it is; where none is idle, callers wait.

Any thread may use it. After a fork make a new one, as with any SQLAlchemy engine. Connection.detach() takes a connection
out of the budget: do not.
"""

import threading
import time
from collections import Counter, OrderedDict
from uuid import UUID

import psycopg2
import sqlalchemy as sa
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from sqlalchemy import event, exc
from sqlalchemy.pool import Pool


class TenantRefused(Exception):
    """The database did not confirm that the session is the tenant's."""


class TenantEngines:
    """The engines of all tenants. `arguments` are psycopg2's, without user and password."""

    def __init__(
        self,
        arguments,
        password_of=None,  # called with the tenant for each new connection; None: libpq finds one, or needs none
        *,
        connections=50,  # of all tenants together
        per_tenant=5,  # below the contract's tenancy.limits.connections
        wait_seconds=10,  # for a connection while the budget is spent
        role_pattern="app_tenant_{id}",
        engine_options=None,
    ):
        if {"user", "password", "options"} & set(arguments):
            raise ValueError("user and password are the tenant's, and its role has its settings: leave them out")
        if not 1 <= per_tenant <= connections:
            raise ValueError("per_tenant must be between 1 and connections")
        self._arguments = dict(arguments)
        self._password_of = password_of
        self._role_pattern = role_pattern
        self._engine_options = dict(engine_options or {})
        self._budget = _Budget(connections, per_tenant, wait_seconds)
        self._most_engines = 2 * connections
        self._engines = OrderedDict()  # by tenant, the least recently used first
        self._lock = threading.Lock()

    def __repr__(self):
        return f"TenantEngines({self._budget.open} connections open)"

    @property
    def open_connections(self):
        return self._budget.open

    def connect(self, tenant):
        return self.engine(tenant).connect()

    def engine(self, tenant):
        """The tenant's engine. One that has been dropped meanwhile still works, within the same budget."""
        tenant = tenant if isinstance(tenant, UUID) else UUID(tenant)
        with self._lock:
            engine = self._engines.get(tenant) or self._new_engine(tenant)
            self._engines[tenant] = engine
            self._engines.move_to_end(tenant)
            self._drop_unused()
            return engine

    def dispose(self):
        """Closes what is idle now, and what is checked out when it comes back."""
        with self._lock:
            engines = list(self._engines.values())
            self._engines.clear()
        for engine in engines:
            engine.dispose()

    def _new_engine(self, tenant):
        role = self._role_pattern.replace("{id}", tenant.hex)
        pool = _TenantPool(lambda: self._open(tenant, role), self._budget, tenant)
        checkout = _Checkout(tenant, role)
        event.listen(pool, "checkout", checkout)
        return sa.create_engine("postgresql+psycopg2://", pool=pool, **{"future": True, **self._engine_options})

    def _open(self, tenant, role):
        # Tracebacks may be shown with their variables: here the password has no name, and the driver's frame, which knows
        # it by several, is taken out.
        try:
            return psycopg2.connect(
                **{"connect_timeout": 10, "fallback_application_name": "stratmaster-api", **self._arguments},
                user=role,
                **({"password": self._password_of(tenant)} if self._password_of else {}),
            )
        except psycopg2.Error as error:
            raise error.with_traceback(None)

    def _drop_unused(self):
        for tenant in [] if len(self._engines) <= self._most_engines else list(self._engines)[:-1]:
            if self._budget.open_of(tenant) == 0:
                del self._engines[tenant]
                if len(self._engines) <= self._most_engines:
                    return


class _Checkout:
    """Asserts that a connection is its tenant's, each time it is handed out."""

    def __init__(self, tenant, role):
        self._tenant = tenant
        quoted = role.replace('"', '""')
        # One message of the simple protocol: one round trip, one Sync, and a transaction of its own. What the caller
        # does later, and how it fails, cannot undo this.
        self._statement = f'SET ROLE "{quoted}"; SELECT pgcontract.checkout()::pg_catalog.text'

    def __call__(self, connection, record, proxy):
        confirmed = False
        try:
            self._ask(connection)
            record.info["encoding"] = connection.encoding
            confirmed = True
        except psycopg2.Error as error:
            if connection.closed:  # by the server, while it was idle: SQLAlchemy opens another and asks again
                raise exc.DisconnectionError(f"the session of tenant {self._tenant} has ended") from error
            raise TenantRefused(f"tenant {self._tenant} is not checked out: {str(error).strip()}") from error
        finally:
            if not confirmed:
                _close(connection)

    def _ask(self, connection):
        connection.autocommit = True  # else psycopg2 would send BEGIN first
        with connection.cursor() as cursor:
            cursor.execute(self._statement)
            (answer,) = cursor.fetchone()
        if answer != str(self._tenant):
            raise TenantRefused(f"the session is of tenant {answer}, not of {self._tenant}")
        connection.autocommit = False


class _TenantPool(Pool):
    """One tenant's connections. Which of them may be open and which stay idle is the budget's to say."""

    def __init__(self, creator, budget, tenant, **options):
        super().__init__(creator, **options)
        self.budget = budget
        self.tenant = tenant
        self.idle = []  # guarded by the budget's lock
        self._disposed = False

    def _do_get(self):
        record, evicted = self.budget.take(self)
        if record is not None:
            return record
        try:
            if evicted is not None:
                evicted.close()
            return self._create_connection()
        except BaseException:
            self.budget.release(self)
            raise

    def _do_return_conn(self, record):
        clean = False
        try:
            clean = not self._disposed and _is_clean(record)
        finally:
            if clean:
                self.budget.put_back(self, record)
            else:
                self._close(record)

    def recreate(self):
        return _TenantPool(
            self._creator, self.budget, self.tenant, echo=self.echo, _dispatch=self.dispatch, dialect=self._dialect
        )

    def dispose(self):
        self._disposed = True  # its engine goes on with a pool of its own
        for record in self.budget.forget(self):
            self._close(record)

    def _close(self, record):
        try:
            record.close()
        finally:
            self.budget.release(self)

    def status(self):
        return f"{self.budget.open_of(self.tenant)} open, {len(self.idle)} idle"


class _Budget:
    """Counts connections, and knows which idle one is to go first. No input or output is done under its lock."""

    def __init__(self, connections, per_tenant, wait_seconds):
        self._connections = connections
        self._per_tenant = per_tenant
        self._wait_seconds = wait_seconds
        # Reentrant: the garbage collector may return a forgotten connection within any of the methods below.
        self._changed = threading.Condition(threading.RLock())
        self._idle = OrderedDict()  # record: its pool, the longest idle first
        self._open = Counter()  # by tenant
        self.open = 0

    def open_of(self, tenant):
        with self._changed:
            return self._open[tenant]

    def take(self, pool):
        """An idle connection of the pool; or (None, one to close first, or None) and the right to open one."""
        deadline = time.monotonic() + self._wait_seconds
        with self._changed:
            while True:
                if pool.idle:
                    record = pool.idle.pop()
                    del self._idle[record]
                    return record, None
                if self._open[pool.tenant] < self._per_tenant:
                    if self.open < self._connections:
                        self._count(pool, 1)
                        return None, None
                    if self._idle:
                        record, owner = self._idle.popitem(last=False)
                        owner.idle.remove(record)
                        self._count(owner, -1)
                        self._count(pool, 1)
                        return None, record
                left = deadline - time.monotonic()
                if left <= 0:
                    raise exc.TimeoutError(
                        f"no connection for tenant {pool.tenant} within {self._wait_seconds} s: {self.open} are open, "
                        f"{self._open[pool.tenant]} of them this tenant's"
                    )
                self._changed.wait(left)

    def put_back(self, pool, record):
        with self._changed:
            pool.idle.append(record)
            self._idle[record] = pool
            self._changed.notify_all()

    def release(self, pool):
        with self._changed:
            self._count(pool, -1)
            self._changed.notify_all()

    def forget(self, pool):
        with self._changed:
            records, pool.idle = pool.idle, []
            for record in records:
                del self._idle[record]
            return records

    def _count(self, pool, change):
        self.open += change
        self._open[pool.tenant] += change
        if self._open[pool.tenant] == 0:
            del self._open[pool.tenant]


def _is_clean(record):
    """Whether the session is as it was after login, DISCARD ALL having been run."""
    connection = record.dbapi_connection
    try:
        if connection is None or connection.closed:
            return False
        # SQLAlchemy has rolled back. A session that still is in a transaction, or in the middle of a COPY, is not ours.
        if connection.info.transaction_status != TRANSACTION_STATUS_IDLE:
            return False
        connection.set_session(isolation_level="DEFAULT", readonly="DEFAULT", deferrable="DEFAULT", autocommit=True)
        with connection.cursor() as cursor:
            cursor.execute("DISCARD ALL")
        connection.autocommit = False
        # What the driver keeps on its side: the server's reset does not reach it.
        del connection.notices[:]
        connection.notifies.clear()
        return connection.encoding == record.info.get("encoding")
    except psycopg2.Error:
        return False


def _close(connection):
    try:
        connection.close()
    except psycopg2.Error:
        pass  # it was closed by then
