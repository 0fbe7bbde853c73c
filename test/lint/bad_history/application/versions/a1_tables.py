"""tables as nobody should make them

Revision ID: a1_tables
Revises: 
"""

import sqlalchemy as sa
from alembic import op

revision = "a1_tables"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "shop_customers",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("country", sa.CHAR(2)),
        sa.Column("title", sa.String(200)),
        sa.Column("body", sa.JSON()),
        sa.Column("born", sa.DateTime()),
        sa.Column("code", sa.CHAR(4)),
        sa.Column("balance", sa.dialects.postgresql.MONEY()),
    )
    op.create_table("shop_log", sa.Column("line", sa.Text()))
    op.create_table("shop_carts", sa.Column("id", sa.BigInteger(), primary_key=True))
    op.create_table(
        "shop_orders",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("customer_id", sa.Integer(), sa.ForeignKey("shop_customers.id")),
        sa.Column("Total", sa.Numeric(10, 2)),
        sa.Column("a", sa.Integer()),
        sa.Column("b", sa.Integer()),
    )
    op.create_index("ix_orders_a", "shop_orders", ["a"])
    op.create_index("ix_orders_wide", "shop_orders", ["a", "b", "customer_id", "Total"])


def downgrade():
    pass
