"""rights

Revision ID: a8_rights
Revises: a7_transactions
"""

import sqlalchemy as sa
from alembic import op

revision = "a8_rights"
down_revision = "a7_transactions"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("GRANT SELECT ON shop_orders TO reporting")
    op.execute("CREATE EXTENSION pg_trgm")
    op.execute("CREATE SCHEMA archive")
    op.execute("ALTER TABLE shop.shop_orders OWNER TO reporting")


def downgrade():
    op.execute("DROP SCHEMA archive")
