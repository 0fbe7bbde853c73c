"""research events, partitioned by month

The default partition takes what no month does, so that an insert never fails for want of a partition. Make months
before their rows come: a month cannot be added while the default partition holds rows of it.

Revision ID: f8ff93f48d24
Revises: 8ca70d635c0e
Create Date: 2026-03-24 08:55:12.046390
"""

from alembic import op

revision = "f8ff93f48d24"
down_revision = "8ca70d635c0e"
branch_labels = None
depends_on = None

# The first and the day after the last month that has a partition of its own.
MONTHS = ("2026-10", "2026-11", "2026-12", "2027-01", "2027-02", "2027-03", "2027-04")

POLICY = "(SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid)"


def share(table):
    """Row-level security as the contract words it. pgcontract adds FORCE, the binding to the role, and the grants."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"DROP POLICY IF EXISTS tenant_row_level_policy ON {table}")
    op.execute(f"CREATE POLICY tenant_row_level_policy ON {table} USING (tenant_id = {POLICY})")


def upgrade():
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS research_events (
          tenant_id uuid NOT NULL,
          occurred_at timestamptz NOT NULL DEFAULT now(),
          id uuid NOT NULL DEFAULT gen_random_uuid(),
          source_id uuid NOT NULL,
          kind text NOT NULL,
          payload jsonb NOT NULL DEFAULT '{}'::jsonb,
          CONSTRAINT pk_research_events PRIMARY KEY (tenant_id, occurred_at, id),
          CONSTRAINT fk_research_events__research_sources FOREIGN KEY (tenant_id, source_id)
            REFERENCES research_sources (tenant_id, id) ON DELETE CASCADE
        ) PARTITION BY RANGE (occurred_at)
        """
    )
    op.execute(
        """
        CREATE INDEX IF NOT EXISTS ix_research_events__source
          ON research_events (tenant_id, source_id, occurred_at)
        """
    )
    share("research_events")
    op.execute("CREATE TABLE IF NOT EXISTS research_events_default PARTITION OF research_events DEFAULT")
    share("research_events_default")
    for month, following in zip(MONTHS, MONTHS[1:]):
        partition = f"research_events_{month.replace('-', '_')}"
        # The bounds carry their offset: without it they would mean the session's time zone.
        op.execute(
            f"CREATE TABLE IF NOT EXISTS {partition} PARTITION OF research_events "
            f"FOR VALUES FROM ('{month}-01 00:00:00+00') TO ('{following}-01 00:00:00+00')"
        )
        # A partition can be named in a query by itself, and then only its own policies count.
        share(partition)


def downgrade():
    op.execute("DROP TABLE IF EXISTS research_events")
