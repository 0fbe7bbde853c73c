"""Agents: the task queue, what ran of it, and the fleet that works it."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import INTERVAL, JSONB, UUID

from stratmaster_api.models import Base
from stratmaster_api.models.base import identifier, instant, tenant_id


class Worker(Base):
    """The fleet's own register: not a tenant's business, so no tenant_id and no grant to tenants."""

    __tablename__ = "agents_workers"
    name = Column(Text, primary_key=True)
    version = Column(Text, nullable=False)
    capacity = Column(Integer, nullable=False, server_default=text("1"))
    registered_at = instant()
    last_seen_at = instant()
    __table_args__ = (CheckConstraint("capacity > 0", name="capacity"),)


class Task(Base):
    """A queue. A worker claims with

    SELECT … FROM agents_tasks WHERE tenant_id = … AND state = 'queued' AND run_after <= now()
    ORDER BY priority, run_after LIMIT 1 FOR UPDATE SKIP LOCKED

    which the partial index ix_agents_tasks__queued answers without a sort.
    """

    __tablename__ = "agents_tasks"
    tenant_id = tenant_id()
    id = identifier()
    kind = Column(Text, nullable=False)
    state = Column(Text, ForeignKey("ref_task_state.code"), nullable=False, server_default="queued")
    priority = Column(SmallInteger, nullable=False, server_default=text("100"))
    run_after = instant()
    payload = Column(JSONB, nullable=False, server_default="{}")
    created_at = instant()
    updated_at = instant()
    deduplication_key = Column(Text)
    __table_args__ = (
        # NULLs are distinct: only tasks that name a key are kept apart by it.
        UniqueConstraint("tenant_id", "deduplication_key"),
        Index(
            "ix_agents_tasks__queued",
            "tenant_id",
            "priority",
            "run_after",
            postgresql_where=text("state = 'queued'::text"),
        ),
        Index("ix_agents_tasks__state", "state", "tenant_id"),
    )


class Run(Base):
    """One attempt at a task. How long it took is an interval, null while it runs: a "finished_at" would need a null
    default, against the contract's rule that temporal columns default to now()."""

    __tablename__ = "agents_runs"
    tenant_id = tenant_id()
    id = identifier()
    task_id = Column(UUID(as_uuid=True), nullable=False)
    worker = Column(Text, nullable=False)
    started_at = instant()
    elapsed = Column(INTERVAL)
    error = Column(Text)
    __table_args__ = (
        CheckConstraint("error IS NULL OR elapsed IS NOT NULL", name="error_is_final"),
        ForeignKeyConstraint(
            ["tenant_id", "task_id"], ["agents_tasks.tenant_id", "agents_tasks.id"], ondelete="CASCADE"
        ),
        Index("ix_agents_runs__task", "tenant_id", "task_id", "started_at"),
    )
