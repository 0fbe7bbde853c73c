#!/usr/bin/env python3
"""Writes a history of Alembic revisions as autogenerate makes them, one a table of 20 columns, with a contract for it.

    bench/revisions.py DIRECTORY COUNT
"""

import hashlib
import pathlib
import sys

REVISION = '''"""change number {number}

Revision ID: {id}
Revises: {down}
Create Date: 2026-01-01 00:00:00.000000

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '{id}'
down_revision: Union[str, Sequence[str], None] = {down_literal}
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    op.create_table(
        'research_table_{number}',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
{columns}        sa.PrimaryKeyConstraint('id', name='pk_research_table_{number}'),
    )


def downgrade() -> None:
    op.drop_table('research_table_{number}')
'''
CONTRACT = """contract: 1
name: history
environments:
  local: { dsn: embedded }
schemas:
  application: { name: app }
migrations:
  tool: alembic
  config: alembic.ini
"""


def main():
    root = pathlib.Path(sys.argv[1])
    versions = root / "versions"
    versions.mkdir(parents=True)
    (root / "alembic.ini").write_text(f"[alembic]\nscript_location = {root}\n")
    (root / "contract.yaml").write_text(CONTRACT)
    (root / "env.py").write_text("raise SystemExit('no command of the benchmark runs it')\n")
    columns = "".join(f"        sa.Column('column_{n}', sa.Text(), server_default=sa.text(\"''\"), nullable=False),\n" for n in range(20))
    down = None
    for number in range(int(sys.argv[2])):
        id = hashlib.sha256(str(number).encode()).hexdigest()[:12]
        text = REVISION.format(number=number, id=id, down=down or "", down_literal=repr(down), columns=columns)
        (versions / f"{id}_change_number_{number}.py").write_text(text)
        down = id


main()
