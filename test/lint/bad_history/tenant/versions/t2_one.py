"""the first head

Revision ID: t2_one
Revises: t1_base
"""

import sqlalchemy as sa
from alembic import op

revision = "t2_one"
down_revision = "t1_base"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TABLE shop.shop_orders ADD COLUMN IF NOT EXISTS seen boolean")


def downgrade():
    op.execute("ALTER TABLE shop.shop_orders DROP COLUMN IF EXISTS seen")
