"""knowledge: what a report cites

Revision ID: 76b30079e6d7
Revises: de5cab21f1c2
Create Date: 2026-08-05 10:26:41.345112
"""

from alembic import op

revision = "76b30079e6d7"
down_revision = "de5cab21f1c2"
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
        CREATE TABLE IF NOT EXISTS knowledge_citations (
          tenant_id uuid NOT NULL,
          report_id uuid NOT NULL,
          document_id uuid NOT NULL,
          quote text NOT NULL,
          created_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_knowledge_citations PRIMARY KEY (tenant_id, report_id, document_id),
          CONSTRAINT fk_knowledge_citations__reports FOREIGN KEY (tenant_id, report_id)
            REFERENCES reports (tenant_id, id) ON DELETE CASCADE,
          CONSTRAINT fk_knowledge_citations__knowledge_documents FOREIGN KEY (tenant_id, document_id)
            REFERENCES knowledge_documents (tenant_id, id) ON DELETE CASCADE
        )
        """
    )
    op.execute(
        """
        CREATE INDEX IF NOT EXISTS ix_knowledge_citations__document
          ON knowledge_citations (tenant_id, document_id)
        """
    )
    share("knowledge_citations")


def downgrade():
    op.execute("DROP TABLE IF EXISTS knowledge_citations")
