"""losses

Revision ID: a6_loss
Revises: a5_rewrites
"""

import sqlalchemy as sa
from alembic import op

revision = "a6_loss"
down_revision = "a5_rewrites"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TABLE shop_customers DROP COLUMN country")
    op.execute("ALTER TABLE shop_customers ADD COLUMN land text")
    op.execute("DROP TABLE shop_carts CASCADE")
    op.execute("DROP SCHEMA archive")
    op.execute("TRUNCATE shop_orders")
    op.execute("ALTER TABLE shop_customers RENAME COLUMN title TO name")
    op.execute("ALTER TABLE shop_customers DISABLE ROW LEVEL SECURITY")


def downgrade():
    op.execute("ALTER TABLE shop_customers ADD COLUMN country text")
