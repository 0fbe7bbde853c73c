"""reference data: report statuses and task states

The rows are part of the schema: tables refer to them, so they come with it.

Revision ID: 69fe6cf0a070
Revises: 
Create Date: 2026-03-02 09:14:51.402117
"""

from alembic import op

revision = "69fe6cf0a070"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS ref_report_status (
          code text NOT NULL,
          title text NOT NULL,
          position smallint NOT NULL,
          is_final boolean NOT NULL DEFAULT false,
          created_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_ref_report_status PRIMARY KEY (code)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS ref_task_state (
          code text NOT NULL,
          title text NOT NULL,
          position smallint NOT NULL,
          is_final boolean NOT NULL DEFAULT false,
          created_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_ref_task_state PRIMARY KEY (code)
        )
        """
    )
    op.execute(
        """
        INSERT INTO ref_report_status (code, title, position, is_final) VALUES
          ('draft', 'Draft', 10, false),
          ('in_review', 'In review', 20, false),
          ('published', 'Published', 30, true),
          ('withdrawn', 'Withdrawn', 40, true)
        ON CONFLICT (code) DO NOTHING
        """
    )
    op.execute(
        """
        INSERT INTO ref_task_state (code, title, position, is_final) VALUES
          ('queued', 'Queued', 10, false),
          ('running', 'Running', 20, false),
          ('succeeded', 'Succeeded', 30, true),
          ('failed', 'Failed', 40, true),
          ('cancelled', 'Cancelled', 50, true)
        ON CONFLICT (code) DO NOTHING
        """
    )


def downgrade():
    op.execute("DROP TABLE IF EXISTS ref_task_state")
    op.execute("DROP TABLE IF EXISTS ref_report_status")
