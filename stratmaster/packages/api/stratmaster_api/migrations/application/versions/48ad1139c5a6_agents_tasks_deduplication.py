"""agents: one task for each deduplication key

ADD CONSTRAINT knows no IF NOT EXISTS, so the old one goes first. The column is new and null in every row: the unique
index is built without a conflict.

Revision ID: 48ad1139c5a6
Revises: 76b30079e6d7
Create Date: 2026-10-13 12:59:25.074638
"""

from alembic import op

revision = "48ad1139c5a6"
down_revision = "76b30079e6d7"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TABLE agents_tasks ADD COLUMN IF NOT EXISTS deduplication_key text")
    op.execute(
        """
        ALTER TABLE agents_tasks DROP CONSTRAINT IF EXISTS uq_agents_tasks__tenant_id_deduplication_key
        """
    )
    op.execute(
        """
        ALTER TABLE agents_tasks ADD CONSTRAINT uq_agents_tasks__tenant_id_deduplication_key
          UNIQUE (tenant_id, deduplication_key)
        """
    )


def downgrade():
    op.execute(
        """
        ALTER TABLE agents_tasks DROP CONSTRAINT IF EXISTS uq_agents_tasks__tenant_id_deduplication_key
        """
    )
    op.execute("ALTER TABLE agents_tasks DROP COLUMN IF EXISTS deduplication_key")
