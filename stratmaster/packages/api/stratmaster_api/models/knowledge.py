"""Knowledge: documents, the pieces agents read, and what a report cites."""

from sqlalchemy import REAL, CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from stratmaster_api.models import Base
from stratmaster_api.models.base import identifier, instant, tenant_id


class Document(Base):
    __tablename__ = "knowledge_documents"
    tenant_id = tenant_id()
    id = identifier()
    source_id = Column(UUID(as_uuid=True), nullable=False)
    title = Column(Text, nullable=False)
    sha256 = Column(Text, nullable=False)
    fetched_at = instant()
    created_at = instant()
    __table_args__ = (
        UniqueConstraint("tenant_id", "source_id", "sha256"),
        ForeignKeyConstraint(
            ["tenant_id", "source_id"], ["research_sources.tenant_id", "research_sources.id"], ondelete="CASCADE"
        ),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
    )


class Chunk(Base):
    __tablename__ = "knowledge_chunks"
    tenant_id = tenant_id()
    document_id = Column(UUID(as_uuid=True), primary_key=True)
    position = Column(Integer, primary_key=True, autoincrement=False)
    content = Column(Text, nullable=False)
    embedding = Column(ARRAY(REAL))
    created_at = instant()
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["knowledge_documents.tenant_id", "knowledge_documents.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("position >= 0", name="position"),
    )


class Citation(Base):
    __tablename__ = "knowledge_citations"
    tenant_id = tenant_id()
    report_id = Column(UUID(as_uuid=True), primary_key=True)
    document_id = Column(UUID(as_uuid=True), primary_key=True)
    quote = Column(Text, nullable=False)
    created_at = instant()
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "report_id"], ["reports.tenant_id", "reports.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["knowledge_documents.tenant_id", "knowledge_documents.id"],
            ondelete="CASCADE",
        ),
        Index("ix_knowledge_citations__document", "tenant_id", "document_id"),
    )
