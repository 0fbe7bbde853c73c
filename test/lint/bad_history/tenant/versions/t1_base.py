"""a tenant's table

Revision ID: t1_base
Revises: 
"""

import sqlalchemy as sa
from alembic import op

revision = "t1_base"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE TABLE IF NOT EXISTS notes (id uuid PRIMARY KEY, status text REFERENCES shop.ref_status (code))")


def downgrade():
    op.execute("DROP TABLE IF EXISTS notes")
