"""Reference data: lookups every tenant reads and only migrations write."""

from sqlalchemy import Boolean, Column, SmallInteger, Text, text

from stratmaster_api.models import Base
from stratmaster_api.models.base import instant


class ReportStatus(Base):
    __tablename__ = "ref_report_status"
    code = Column(Text, primary_key=True)
    title = Column(Text, nullable=False)
    position = Column(SmallInteger, nullable=False)
    is_final = Column(Boolean, nullable=False, server_default=text("false"))
    created_at = instant()


class TaskState(Base):
    __tablename__ = "ref_task_state"
    code = Column(Text, primary_key=True)
    title = Column(Text, nullable=False)
    position = Column(SmallInteger, nullable=False)
    is_final = Column(Boolean, nullable=False, server_default=text("false"))
    created_at = instant()
