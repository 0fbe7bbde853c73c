"""The models of schema stratmaster_api, one module for each domain."""

from sqlalchemy.orm import declarative_base

from stratmaster_api.models.base import new_metadata

metadata = new_metadata()
Base = declarative_base(metadata=metadata)

# Each module registers its tables in `metadata`.
from stratmaster_api.models import agents, knowledge, reference, reports, research  # noqa: E402, F401
