from alembic import op

revision = "a9_looks_at_the_database_and_has_no_message"
down_revision = "a8_rights"
branch_labels = None
depends_on = None


def upgrade():
    for row in op.get_bind().execute("SELECT 1").fetchall():
        op.execute(f"SELECT {row[0]}")


def downgrade():
    op.execute("SELECT 1")
