"""merge the knowledge and the agents branches

Two teams branched off at the reports revision. A merge changes nothing; it makes one head of two.

Revision ID: 5551f29f42b3
Revises: db1a85e9cd2c, 6765f7ee8afd
Create Date: 2026-04-22 09:48:56.617283
"""

revision = "5551f29f42b3"
down_revision = ("db1a85e9cd2c", "6765f7ee8afd")
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
