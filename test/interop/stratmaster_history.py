"""Steps of stratmaster_history_test.sh that need Alembic's own API. Prints what is wrong and exits 1, or is silent.

    stratmaster_history.py drift SECTION     autogenerate finds nothing (what `alembic check` does from Alembic 1.9 on)
    stratmaster_history.py stairway SECTION  each revision: up, down to where it was, up to the same again
    stratmaster_history.py create SECTION    the tables as the models have them, in the session's current schema
"""

import os
import subprocess
import sys
from pathlib import Path

API = Path(__file__).resolve().parents[2] / "stratmaster/packages/api"
sys.path.insert(0, str(API))

import psycopg2  # noqa: E402
import sqlalchemy as sa  # noqa: E402
from alembic import command  # noqa: E402
from alembic.autogenerate import compare_metadata  # noqa: E402
from alembic.config import Config  # noqa: E402
from alembic.runtime.environment import EnvironmentContext  # noqa: E402
from alembic.script import ScriptDirectory  # noqa: E402


def drift(config):
    differences = []

    def compare(revision, context):
        differences.extend(compare_metadata(context, context.opts["target_metadata"]))
        return []

    script = ScriptDirectory.from_config(config)
    with EnvironmentContext(config, script, fn=compare):
        script.run_env()
    return [f"the models and the history differ: {difference}" for difference in differences]


def dump():
    """The whole database, without what pg_dump writes anew each time."""
    text = subprocess.run(
        ["pg_dump", "--schema-only", os.environ["DATABASE_URL"]], check=True, capture_output=True, text=True
    ).stdout
    return [line for line in text.splitlines() if not line.startswith(("--", "\\restrict", "\\unrestrict"))]


def stairway(config):
    script = ScriptDirectory.from_config(config)
    for revision in reversed(list(script.walk_revisions())):
        name = f"{revision.revision} ({revision.doc})"
        below = revision._all_down_revisions
        command.downgrade(config, "base")
        for parent in below:
            command.upgrade(config, parent)
        before = dump()
        command.upgrade(config, revision.revision)
        there = dump()
        command.downgrade(config, below[0] if below else "base")
        if dump() != before:
            return [f"{name}: the downgrade does not restore what was"]
        command.upgrade(config, revision.revision)
        if dump() != there:
            return [f"{name}: the second upgrade differs from the first"]
        if there == before and len(below) < 2:
            return [f"{name}: the upgrade changes nothing"]
    return []


def create(config):
    from stratmaster_api import models, tenant_models

    metadata = {"alembic": models.metadata, "tenant": tenant_models.metadata}[config.config_ini_section]
    engine = sa.create_engine("postgresql+psycopg2://", creator=lambda: psycopg2.connect(os.environ["DATABASE_URL"]))
    with engine.begin() as connection:
        metadata.create_all(connection, checkfirst=False)
    return []


def main():
    step, section = sys.argv[1:]
    config = Config(str(API / "alembic.ini"), ini_section=section)
    problems = {"drift": drift, "stairway": stairway, "create": create}[step](config)
    print("\n".join(problems), end="")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
