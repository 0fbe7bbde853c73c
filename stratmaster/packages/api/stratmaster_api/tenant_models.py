"""The models of a tenant's own schema: what a tenant shapes for itself. Every table here exists once per tenant, so it
needs no tenant_id: the schema is the wall."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import declarative_base

from stratmaster_api.models.base import identifier, instant, new_metadata

metadata = new_metadata()
Base = declarative_base(metadata=metadata)


class Project(Base):
    __tablename__ = "research_projects"
    id = identifier()
    name = Column(Text, nullable=False)
    objective = Column(Text, nullable=False, server_default="")
    created_at = instant()
    updated_at = instant()
    is_archived = Column(Boolean, nullable=False, server_default=text("false"))
    __table_args__ = (
        UniqueConstraint("name"),
        Index("ix_research_projects__active", "updated_at", postgresql_where=text("NOT is_archived")),
    )


class Note(Base):
    __tablename__ = "research_notes"
    id = identifier()
    project_id = Column(UUID(as_uuid=True), ForeignKey("research_projects.id", ondelete="CASCADE"), nullable=False)
    body = Column(Text, nullable=False)
    created_at = instant()
    updated_at = instant()
    __table_args__ = (Index("ix_research_notes__project", "project_id", "created_at"),)


class Preference(Base):
    __tablename__ = "agents_preferences"
    agent = Column(Text, primary_key=True)
    settings = Column(JSONB, nullable=False, server_default="{}")
    updated_at = instant()


class Collection(Base):
    __tablename__ = "knowledge_collections"
    id = identifier()
    name = Column(Text, nullable=False)
    created_at = instant()
    __table_args__ = (UniqueConstraint("name"),)


class CollectionItem(Base):
    """document_id is a knowledge_documents.id of the application's schema, without a foreign key: it would tie every
    tenant's migrations to locks on the shared table."""

    __tablename__ = "knowledge_collection_items"
    collection_id = Column(
        UUID(as_uuid=True), ForeignKey("knowledge_collections.id", ondelete="CASCADE"), primary_key=True
    )
    document_id = Column(UUID(as_uuid=True), primary_key=True)
    added_at = instant()
