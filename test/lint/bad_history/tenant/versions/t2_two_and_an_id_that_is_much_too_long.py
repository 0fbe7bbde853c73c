"""the second head

Revision ID: t2_two_and_an_id_that_is_much_too_long
Revises: t1_base
"""

import sqlalchemy as sa
from alembic import op

revision = "t2_two_and_an_id_that_is_much_too_long"
down_revision = "t1_base"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TABLE notes ADD COLUMN IF NOT EXISTS seen boolean")


def downgrade():
    op.execute("ALTER TABLE notes DROP COLUMN IF EXISTS seen")
