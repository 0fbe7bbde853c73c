"""columns

Revision ID: a2_columns
Revises: a1_tables
"""

import sqlalchemy as sa
from alembic import op

revision = "a2_columns"
down_revision = "a1_tables"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TABLE shop_orders ADD COLUMN token uuid DEFAULT gen_random_uuid()")
    op.execute("ALTER TABLE shop_orders ADD COLUMN note text NOT NULL")
    op.execute("ALTER TABLE shop_orders ADD COLUMN twice int GENERATED ALWAYS AS (a * 2) STORED")
    op.execute("ALTER TABLE shop_orders ALTER COLUMN a TYPE bigint")
    op.execute("ALTER TABLE shop_orders ALTER COLUMN b SET NOT NULL")
    op.execute("ALTER TABLE shop_customers ALTER COLUMN id DROP NOT NULL")


def downgrade():
    raise NotImplementedError
