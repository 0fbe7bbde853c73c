"""Renders SQL, and nothing else: a history to be looked at, not to be run."""

from alembic import context

context.configure(dialect_name="postgresql", literal_binds=True)
with context.begin_transaction():
    context.run_migrations()
