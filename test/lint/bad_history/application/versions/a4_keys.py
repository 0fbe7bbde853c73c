"""keys

Revision ID: a4_keys
Revises: a3_indexes
"""

import sqlalchemy as sa
from alembic import op

revision = "a4_keys"
down_revision = "a3_indexes"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TABLE shop_orders ADD CONSTRAINT ck_orders_a CHECK (a >= 0)")
    op.execute("ALTER TABLE shop_orders ADD CONSTRAINT fk_orders_b FOREIGN KEY (b) REFERENCES shop_carts (id)")
    op.execute("ALTER TABLE shop_orders ADD UNIQUE (note)")
    op.execute("ALTER TABLE shop_orders ADD CONSTRAINT ex_orders EXCLUDE USING gist (token WITH =)")
    op.execute("ALTER TABLE shop_orders ADD CONSTRAINT ck_orders_b CHECK (b >= 0) NOT VALID")
    op.execute("ALTER TABLE shop_orders VALIDATE CONSTRAINT ck_orders_b")
    op.execute("ALTER TABLE shop_orders ADD CONSTRAINT ck_orders_twice CHECK (twice >= 0) NOT VALID")


def downgrade():
    op.drop_constraint("ck_orders_a", "shop_orders")
