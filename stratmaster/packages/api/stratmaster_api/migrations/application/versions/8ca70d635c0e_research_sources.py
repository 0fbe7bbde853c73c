"""research sources

Revision ID: 8ca70d635c0e
Revises: ff55a5aad864
Create Date: 2026-03-17 13:40:09.730551
"""

from alembic import op

revision = "8ca70d635c0e"
down_revision = "ff55a5aad864"
branch_labels = None
depends_on = None

POLICY = "(SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid)"


def share(table):
    """Row-level security as the contract words it. pgcontract adds FORCE, the binding to the role, and the grants."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"DROP POLICY IF EXISTS tenant_row_level_policy ON {table}")
    op.execute(f"CREATE POLICY tenant_row_level_policy ON {table} USING (tenant_id = {POLICY})")


def upgrade():
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS research_sources (
          tenant_id uuid NOT NULL,
          id uuid NOT NULL DEFAULT gen_random_uuid(),
          kind text NOT NULL,
          locator text NOT NULL,
          title text NOT NULL,
          trust numeric(4, 3) NOT NULL DEFAULT 0.5,
          created_at timestamptz NOT NULL DEFAULT now(),
          updated_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_research_sources PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_research_sources__tenant_id_locator UNIQUE (tenant_id, locator),
          CONSTRAINT ck_research_sources__kind CHECK (kind IN ('web', 'document', 'interview', 'dataset')),
          CONSTRAINT ck_research_sources__trust CHECK (trust >= 0 AND trust <= 1)
        )
        """
    )
    share("research_sources")


def downgrade():
    op.execute("DROP TABLE IF EXISTS research_sources")
