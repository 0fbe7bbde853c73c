"""agents: a tenant's preferences

Revision ID: 73566817a987
Revises: 60415c6bf6e0
Create Date: 2026-04-14 09:37:02.148833
"""

from alembic import op

revision = "73566817a987"
down_revision = "60415c6bf6e0"
branch_labels = None
depends_on = None


def upgrade():
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS agents_preferences (
          agent text NOT NULL,
          settings jsonb NOT NULL DEFAULT '{}'::jsonb,
          updated_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_agents_preferences PRIMARY KEY (agent)
        )
        """
    )


def downgrade():
    op.execute("DROP TABLE IF EXISTS agents_preferences")
