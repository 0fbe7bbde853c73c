"""research projects

Revision ID: 843e1cde6d8c
Revises: 
Create Date: 2026-03-03 08:20:15.661390
"""

from alembic import op

revision = "843e1cde6d8c"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS research_projects (
          id uuid NOT NULL DEFAULT gen_random_uuid(),
          name text NOT NULL,
          objective text NOT NULL DEFAULT ''::text,
          created_at timestamptz NOT NULL DEFAULT now(),
          updated_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_research_projects PRIMARY KEY (id),
          CONSTRAINT uq_research_projects__name UNIQUE (name)
        )
        """
    )


def downgrade():
    op.execute("DROP TABLE IF EXISTS research_projects")
