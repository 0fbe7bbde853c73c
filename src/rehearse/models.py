"""What Alembic's autogenerate would still add to a database: the questions of `alembic check`, by Alembic's public API,
so that versions before 1.9 answer them too. Arguments: the configuration's file and section. The answer is the lines
that begin with MARK: `differs` and an operation, `unchecked` and why, or `done`; env.py may print others."""

import sys

from alembic import autogenerate
from alembic.config import Config
from alembic.operations import ops
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

MARK = "pgcontract models: "


def say(word, text=""):
    print(f"\n{MARK}{word} {text}".rstrip())


def text_of(operation, context):
    rendered = autogenerate.render_python_code(ops.UpgradeOps(ops=[operation]), migration_context=context)
    lines = (line.strip() for line in rendered.splitlines())
    return " ".join(line for line in lines if line and not line.startswith("#") and line != "pass")


def compare(heads, context):
    metadata = context.opts.get("target_metadata")
    if metadata is None:
        say("unchecked", "env.py names no target_metadata")
        return []
    for operation in autogenerate.produce_migrations(context, metadata).upgrade_ops.ops:
        parts = [operation]
        if isinstance(operation, ops.ModifyTableOps):
            parts = [ops.ModifyTableOps(operation.table_name, [part], schema=operation.schema) for part in operation.ops]
        for part in parts:
            say("differs", text_of(part, context))
    say("done")
    return []


file, section = sys.argv[1:3]
config = Config(**({"toml_file": file} if file.endswith(".toml") else {"file_": file, "ini_section": section}))
script = ScriptDirectory.from_config(config)
with EnvironmentContext(config, script, fn=compare, as_sql=False):
    script.run_env()
