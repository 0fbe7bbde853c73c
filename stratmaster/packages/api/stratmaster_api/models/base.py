"""The columns and names every model shares."""

from sqlalchemy import Column, MetaData, text
from sqlalchemy.dialects.postgresql import TIMESTAMP, UUID

# Deterministic names, so that revisions can name what they drop.
NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s__%(column_0_N_name)s",
    "fk": "fk_%(table_name)s__%(referred_table_name)s",
    "ck": "ck_%(table_name)s__%(constraint_name)s",
}


def new_metadata():
    return MetaData(naming_convention=NAMES)


def tenant_id():
    """Marks a table as shared by tenants. It leads every key, so that no key reaches across them."""
    return Column(UUID(as_uuid=True), primary_key=True, nullable=False)


def identifier():
    """Random, not from a sequence: a sequence would tell each tenant how busy the others are."""
    return Column(UUID(as_uuid=True), primary_key=True, server_default=text("gen_random_uuid()"))


def instant(**options):
    """The contract's temporal column: timestamptz DEFAULT now()."""
    return Column(TIMESTAMP(timezone=True), nullable=False, server_default=text("now()"), **options)
