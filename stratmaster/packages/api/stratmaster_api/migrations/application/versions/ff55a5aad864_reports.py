"""reports, shared by tenants

Revision ID: ff55a5aad864
Revises: 69fe6cf0a070
Create Date: 2026-03-02 10:02:37.118804
"""

from alembic import op

revision = "ff55a5aad864"
down_revision = "69fe6cf0a070"
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
        CREATE TABLE IF NOT EXISTS reports (
          tenant_id uuid NOT NULL,
          id uuid NOT NULL DEFAULT gen_random_uuid(),
          title text NOT NULL,
          status text NOT NULL DEFAULT 'draft'::text,
          body jsonb NOT NULL DEFAULT '{}'::jsonb,
          created_at timestamptz NOT NULL DEFAULT now(),
          updated_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_reports PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_reports__ref_report_status FOREIGN KEY (status) REFERENCES ref_report_status (code)
        )
        """
    )
    op.execute("CREATE INDEX IF NOT EXISTS ix_reports__status ON reports (status, tenant_id)")
    share("reports")


def downgrade():
    op.execute("DROP TABLE IF EXISTS reports")
