"""indexes

Revision ID: a3_indexes
Revises: a2_columns
"""

import sqlalchemy as sa
from alembic import op

revision = "a3_indexes"
down_revision = "a2_columns"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_orders_b", "shop_orders", ["b"])
    op.execute("CREATE INDEX ON shop_orders (note)")
    op.execute("CREATE INDEX CONCURRENTLY ix_orders_token ON shop_orders (token)")
    op.drop_index("ix_orders_a")


def downgrade():
    op.drop_index("ix_orders_b")
