"""transactions

Revision ID: a7_transactions
Revises: a6_loss
"""

import sqlalchemy as sa
from alembic import op

revision = "a7_transactions"
down_revision = "a6_loss"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("SET lock_timeout = 0")
    op.execute("ALTER TABLE shop_customers ADD COLUMN slug text")
    op.execute("ALTER TABLE shop_orders ADD COLUMN slug text")
    op.execute("UPDATE shop_orders SET slug = note")
    op.execute("ALTER TYPE shop_state ADD VALUE 'lost'")
    op.execute("UPDATE shop_orders SET note = 'lost' WHERE note IS NULL")
    op.execute("DO $$ BEGIN PERFORM 1; END $$")
    op.execute("ALTER TABLE shop_orders ADD CONSTRAINT later CHECK (a > 0) NOT ENFORCED")
    op.execute("INSERT INTO shop_log VALUES ('x')")


def downgrade():
    op.execute("ALTER TABLE shop_orders DROP COLUMN slug")
