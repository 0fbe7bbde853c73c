"""Reports: what StratMaster delivers. The one table without a domain prefix (waived in contract.yaml)."""

from sqlalchemy import Column, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB

from stratmaster_api.models import Base
from stratmaster_api.models.base import identifier, instant, tenant_id


class Report(Base):
    __tablename__ = "reports"
    tenant_id = tenant_id()
    id = identifier()
    title = Column(Text, nullable=False)
    status = Column(Text, ForeignKey("ref_report_status.code"), nullable=False, server_default="draft")
    body = Column(JSONB, nullable=False, server_default="{}")
    created_at = instant()
    updated_at = instant()
    summary = Column(Text, nullable=False, server_default="")
    __table_args__ = (
        Index("ix_reports__status", "status", "tenant_id"),
        Index("ix_reports__recent", "tenant_id", "updated_at"),
    )
