"""knowledge: documents and their chunks

Revision ID: db1a85e9cd2c
Revises: f8ff93f48d24
Create Date: 2026-04-21 07:33:18.270045
"""

from alembic import op

revision = "db1a85e9cd2c"
down_revision = "f8ff93f48d24"
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
        CREATE TABLE IF NOT EXISTS knowledge_documents (
          tenant_id uuid NOT NULL,
          id uuid NOT NULL DEFAULT gen_random_uuid(),
          source_id uuid NOT NULL,
          title text NOT NULL,
          sha256 text NOT NULL,
          fetched_at timestamptz NOT NULL DEFAULT now(),
          created_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_knowledge_documents PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_knowledge_documents__tenant_id_source_id_sha256 UNIQUE (tenant_id, source_id, sha256),
          CONSTRAINT fk_knowledge_documents__research_sources FOREIGN KEY (tenant_id, source_id)
            REFERENCES research_sources (tenant_id, id) ON DELETE CASCADE,
          CONSTRAINT ck_knowledge_documents__sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$')
        )
        """
    )
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS knowledge_chunks (
          tenant_id uuid NOT NULL,
          document_id uuid NOT NULL,
          position integer NOT NULL,
          content text NOT NULL,
          embedding real[],
          created_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_knowledge_chunks PRIMARY KEY (tenant_id, document_id, position),
          CONSTRAINT fk_knowledge_chunks__knowledge_documents FOREIGN KEY (tenant_id, document_id)
            REFERENCES knowledge_documents (tenant_id, id) ON DELETE CASCADE,
          CONSTRAINT ck_knowledge_chunks__position CHECK (position >= 0)
        )
        """
    )
    share("knowledge_documents")
    share("knowledge_chunks")


def downgrade():
    op.execute("DROP TABLE IF EXISTS knowledge_chunks")
    op.execute("DROP TABLE IF EXISTS knowledge_documents")
