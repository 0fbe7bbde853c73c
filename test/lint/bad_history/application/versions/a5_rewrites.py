"""maintenance

Revision ID: a5_rewrites
Revises: a4_keys
"""

import sqlalchemy as sa
from alembic import op

revision = "a5_rewrites"
down_revision = "a4_keys"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CLUSTER shop_orders USING ix_orders_b")
    op.execute("REINDEX TABLE shop_orders")
    op.execute("ALTER TABLE shop_orders SET TABLESPACE fast")
    op.execute("CREATE MATERIALIZED VIEW shop_totals AS SELECT 1 AS one")
    op.execute("REFRESH MATERIALIZED VIEW shop_totals")
    op.execute("LOCK TABLE shop_customers IN ACCESS EXCLUSIVE MODE")
    op.execute("CREATE TRIGGER touch BEFORE UPDATE ON shop_orders FOR EACH ROW EXECUTE FUNCTION touch()")
    op.execute("ALTER TABLE shop_events ATTACH PARTITION shop_log FOR VALUES IN (1)")
    op.execute("ALTER TABLE shop_events DETACH PARTITION shop_log")
    with op.get_context().autocommit_block():
        op.execute("VACUUM FULL shop_orders")


def downgrade():
    op.execute("DROP MATERIALIZED VIEW shop_totals")
