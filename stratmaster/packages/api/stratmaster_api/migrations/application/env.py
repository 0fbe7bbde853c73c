"""Alembic's environment of the application's history: schema stratmaster_api."""

import sys
from pathlib import Path

# Not prepend_sys_path in alembic.ini, which older versions split at spaces and colons.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from stratmaster_api import migration, models  # noqa: E402

# Created where it is missing (a disposable database); elsewhere pgcontract made it, with its owner and grants.
migration.run(models.metadata, lambda current_schema: ("stratmaster_api", True))
