"""research notes of a project

Revision ID: 60415c6bf6e0
Revises: 843e1cde6d8c
Create Date: 2026-03-25 16:04:48.512207
"""

from alembic import op

revision = "60415c6bf6e0"
down_revision = "843e1cde6d8c"
branch_labels = None
depends_on = None


def upgrade():
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS research_notes (
          id uuid NOT NULL DEFAULT gen_random_uuid(),
          project_id uuid NOT NULL,
          body text NOT NULL,
          created_at timestamptz NOT NULL DEFAULT now(),
          updated_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_research_notes PRIMARY KEY (id),
          CONSTRAINT fk_research_notes__research_projects FOREIGN KEY (project_id)
            REFERENCES research_projects (id) ON DELETE CASCADE
        )
        """
    )
    op.execute(
        """
        CREATE INDEX IF NOT EXISTS ix_research_notes__project ON research_notes (project_id, created_at)
        """
    )


def downgrade():
    op.execute("DROP TABLE IF EXISTS research_notes")
