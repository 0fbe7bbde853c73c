"""Alembic's environment of the tenants' history: the session's current schema, or -x tenant=SCHEMA."""

import re
import sys
from pathlib import Path

from alembic import context
from alembic.util import CommandError

# Not prepend_sys_path in alembic.ini, which older versions split at spaces and colons.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from stratmaster_api import migration, tenant_models  # noqa: E402


def tenant_schema(current_schema):
    schema = context.get_x_argument(as_dictionary=True).get("tenant") or current_schema
    if schema in (None, "public", "stratmaster_api", "stratmaster_demo", "stratmaster_telemetry"):
        raise CommandError(
            f"the session's schema is {schema or 'none'}, which is no tenant's. "
            "Name the tenant's schema: alembic -n tenant -x tenant=tenant_<32 hexadecimal digits> …"
        )
    # A misspelt name must not leave a schema behind.
    return schema, re.fullmatch(r"tenant_[0-9a-f]{32}", schema) is not None


migration.run(tenant_models.metadata, tenant_schema)
