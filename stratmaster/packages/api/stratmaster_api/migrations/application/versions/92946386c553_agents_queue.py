"""agents: workers and the task queue

Revision ID: 92946386c553
Revises: ff55a5aad864
Create Date: 2026-03-19 15:21:44.903268
"""

from alembic import op

revision = "92946386c553"
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
        CREATE TABLE IF NOT EXISTS agents_workers (
          name text NOT NULL,
          version text NOT NULL,
          capacity integer NOT NULL DEFAULT 1,
          registered_at timestamptz NOT NULL DEFAULT now(),
          last_seen_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_agents_workers PRIMARY KEY (name),
          CONSTRAINT ck_agents_workers__capacity CHECK (capacity > 0)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS agents_tasks (
          tenant_id uuid NOT NULL,
          id uuid NOT NULL DEFAULT gen_random_uuid(),
          kind text NOT NULL,
          state text NOT NULL DEFAULT 'queued'::text,
          priority smallint NOT NULL DEFAULT 100,
          run_after timestamptz NOT NULL DEFAULT now(),
          payload jsonb NOT NULL DEFAULT '{}'::jsonb,
          created_at timestamptz NOT NULL DEFAULT now(),
          updated_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_agents_tasks PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_agents_tasks__ref_task_state FOREIGN KEY (state) REFERENCES ref_task_state (code)
        )
        """
    )
    # In the order in which FOR UPDATE SKIP LOCKED takes tasks; partial, so that finished tasks cost nothing.
    op.execute(
        """
        CREATE INDEX IF NOT EXISTS ix_agents_tasks__queued
          ON agents_tasks (tenant_id, priority, run_after) WHERE state = 'queued'::text
        """
    )
    op.execute("CREATE INDEX IF NOT EXISTS ix_agents_tasks__state ON agents_tasks (state, tenant_id)")
    share("agents_tasks")


def downgrade():
    op.execute("DROP TABLE IF EXISTS agents_tasks")
    op.execute("DROP TABLE IF EXISTS agents_workers")
