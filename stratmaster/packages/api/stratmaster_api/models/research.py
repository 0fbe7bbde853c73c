"""Research: where knowledge comes from, and what was seen there when."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Numeric, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from stratmaster_api.models import Base
from stratmaster_api.models.base import identifier, instant, tenant_id


class Source(Base):
    __tablename__ = "research_sources"
    tenant_id = tenant_id()
    id = identifier()
    kind = Column(Text, nullable=False)
    locator = Column(Text, nullable=False)
    title = Column(Text, nullable=False)
    trust = Column(Numeric(4, 3), nullable=False, server_default=text("0.5"))
    created_at = instant()
    updated_at = instant()
    __table_args__ = (
        UniqueConstraint("tenant_id", "locator"),
        CheckConstraint("kind IN ('web', 'document', 'interview', 'dataset')", name="kind"),
        CheckConstraint("trust >= 0 AND trust <= 1", name="trust"),
    )


class Event(Base):
    """Partitioned by month. The key holds the partition key, as PostgreSQL asks of partitioned tables."""

    __tablename__ = "research_events"
    tenant_id = tenant_id()
    occurred_at = instant(primary_key=True)
    id = identifier()
    source_id = Column(UUID(as_uuid=True), nullable=False)
    kind = Column(Text, nullable=False)
    payload = Column(JSONB, nullable=False, server_default="{}")
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "source_id"], ["research_sources.tenant_id", "research_sources.id"], ondelete="CASCADE"
        ),
        Index("ix_research_events__source", "tenant_id", "source_id", "occurred_at"),
        {"postgresql_partition_by": "RANGE (occurred_at)"},
    )
