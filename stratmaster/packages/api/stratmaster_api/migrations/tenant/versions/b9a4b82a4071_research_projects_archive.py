"""research projects can be archived

Revision ID: b9a4b82a4071
Revises: bbd28e88c3ea
Create Date: 2026-09-22 11:44:27.806515
"""

from alembic import op

revision = "b9a4b82a4071"
down_revision = "bbd28e88c3ea"
branch_labels = None
depends_on = None


def upgrade():
    op.execute(
        """
        ALTER TABLE research_projects ADD COLUMN IF NOT EXISTS is_archived boolean NOT NULL DEFAULT false
        """
    )
    op.execute(
        """
        CREATE INDEX IF NOT EXISTS ix_research_projects__active
          ON research_projects (updated_at) WHERE NOT is_archived
        """
    )


def downgrade():
    op.execute("DROP INDEX IF EXISTS ix_research_projects__active")
    op.execute("ALTER TABLE research_projects DROP COLUMN IF EXISTS is_archived")
