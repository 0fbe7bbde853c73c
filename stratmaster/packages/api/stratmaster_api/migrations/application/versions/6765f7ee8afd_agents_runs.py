"""agents: runs of a task

Revision ID: 6765f7ee8afd
Revises: 92946386c553
Create Date: 2026-04-08 11:07:30.551926
"""

from alembic import op

revision = "6765f7ee8afd"
down_revision = "92946386c553"
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
        CREATE TABLE IF NOT EXISTS agents_runs (
          tenant_id uuid NOT NULL,
          id uuid NOT NULL DEFAULT gen_random_uuid(),
          task_id uuid NOT NULL,
          worker text NOT NULL,
          started_at timestamptz NOT NULL DEFAULT now(),
          elapsed interval,
          error text,
          CONSTRAINT pk_agents_runs PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_agents_runs__agents_tasks FOREIGN KEY (tenant_id, task_id)
            REFERENCES agents_tasks (tenant_id, id) ON DELETE CASCADE,
          CONSTRAINT ck_agents_runs__error_is_final CHECK (error IS NULL OR elapsed IS NOT NULL)
        )
        """
    )
    op.execute(
        """
        CREATE INDEX IF NOT EXISTS ix_agents_runs__task ON agents_runs (tenant_id, task_id, started_at)
        """
    )
    share("agents_runs")


def downgrade():
    op.execute("DROP TABLE IF EXISTS agents_runs")
