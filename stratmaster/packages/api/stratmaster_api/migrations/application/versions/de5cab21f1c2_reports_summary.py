"""reports: a summary, and the index of the recent ones

A constant default: the column is added without rewriting the table.

Revision ID: de5cab21f1c2
Revises: 5551f29f42b3
Create Date: 2026-06-11 14:12:03.889471
"""

from alembic import op

revision = "de5cab21f1c2"
down_revision = "5551f29f42b3"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TABLE reports ADD COLUMN IF NOT EXISTS summary text NOT NULL DEFAULT ''::text")
    op.execute("CREATE INDEX IF NOT EXISTS ix_reports__recent ON reports (tenant_id, updated_at)")


def downgrade():
    op.execute("DROP INDEX IF EXISTS ix_reports__recent")
    op.execute("ALTER TABLE reports DROP COLUMN IF EXISTS summary")
