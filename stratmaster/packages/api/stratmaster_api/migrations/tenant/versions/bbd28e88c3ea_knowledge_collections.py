"""knowledge: collections of documents

The documents are in the shared table, without a foreign key: it would lock that table once for every tenant migrated.

Revision ID: bbd28e88c3ea
Revises: 73566817a987
Create Date: 2026-07-01 13:15:59.930174
"""

from alembic import op

revision = "bbd28e88c3ea"
down_revision = "73566817a987"
branch_labels = None
depends_on = None


def upgrade():
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS knowledge_collections (
          id uuid NOT NULL DEFAULT gen_random_uuid(),
          name text NOT NULL,
          created_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_knowledge_collections PRIMARY KEY (id),
          CONSTRAINT uq_knowledge_collections__name UNIQUE (name)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS knowledge_collection_items (
          collection_id uuid NOT NULL,
          document_id uuid NOT NULL,
          added_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_knowledge_collection_items PRIMARY KEY (collection_id, document_id),
          CONSTRAINT fk_knowledge_collection_items__knowledge_collections FOREIGN KEY (collection_id)
            REFERENCES knowledge_collections (id) ON DELETE CASCADE
        )
        """
    )


def downgrade():
    op.execute("DROP TABLE IF EXISTS knowledge_collection_items")
    op.execute("DROP TABLE IF EXISTS knowledge_collections")
