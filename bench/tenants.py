#!/usr/bin/env python3
"""Writes the SQL that onboards many tenants at once, each exactly as `pgcontract tenant add` would, with 20 tables.

    bench/tenants.py ONE_TENANT.json FIRST LAST [TABLES] > tenants.sql
    bench/tenants.py --revision TABLES > versions/first.py

ONE_TENANT.json is the report of one real `pgcontract --format json tenant add 00000000-0000-4000-8000-000000000000`.
Its statements, with the id replaced, are the ones every other tenant gets, so that what is measured cannot part from
what the program makes. Tenants FIRST to LAST are written, a transaction each. With TABLES 0 nothing is added to those.

--revision writes a tenant branch of one revision that makes TABLES tables with two indexes each.
"""

import json
import sys
from uuid import UUID

TABLES = 20  # of a tenant, Alembic's own not counted
MODEL = UUID("00000000-0000-4000-8000-000000000000")
OWNER = "pgc_owner"
DOMAINS = ("research", "agents", "knowledge")


def statements_of(report):
    (outcome,) = json.load(report)["application"]["outcomes"]
    return outcome["step"]["statements"]


def further_table(number):
    """A table as a revision of this contract would make it: primary key, instants, a foreign key, two indexes."""
    domain = DOMAINS[number % len(DOMAINS)]
    table = f"{domain}_items_{number:02}"
    return [
        f"""CREATE TABLE {table} (
          id uuid NOT NULL DEFAULT gen_random_uuid(),
          project_id uuid NOT NULL,
          title text NOT NULL,
          body text NOT NULL DEFAULT ''::text,
          position integer NOT NULL DEFAULT 0,
          attributes jsonb NOT NULL DEFAULT '{{}}'::jsonb,
          created_at timestamptz NOT NULL DEFAULT now(),
          updated_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_{table} PRIMARY KEY (id),
          CONSTRAINT ck_{table}__position CHECK (position >= 0),
          CONSTRAINT fk_{table}__research_projects FOREIGN KEY (project_id)
            REFERENCES research_projects (id) ON DELETE CASCADE)""",
        f"CREATE INDEX ix_{table}__project ON {table} (project_id, created_at)",
        f"CREATE INDEX ix_{table}__updated ON {table} (updated_at)",
    ]


REVISION = """\"\"\"tables to measure with\"\"\"

from alembic import op

revision = "b00000000001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    for statement in {statements!r}:
        op.execute(statement)


def downgrade():
    pass
"""


def revision(tables):
    projects = """CREATE TABLE research_projects (id uuid NOT NULL DEFAULT gen_random_uuid(), name text NOT NULL,
          created_at timestamptz NOT NULL DEFAULT now(), CONSTRAINT pk_research_projects PRIMARY KEY (id))"""
    indexes = [f"CREATE INDEX ix_research_projects__{c} ON research_projects ({c})" for c in ("name", "created_at")]
    further = (statement for number in range(tables - 1) for statement in further_table(number))
    return REVISION.format(statements=[projects, *indexes, *further])


def onboarding(model, tenant, tables):
    for statement in model if tenant != MODEL else ():
        yield statement.replace(str(MODEL), str(tenant)).replace(MODEL.hex, tenant.hex)
    if tables == 0:
        return
    made = sum(s.startswith("CREATE TABLE") and "alembic_version" not in s for s in model)
    yield f"SET LOCAL ROLE {OWNER}"
    yield f"SET LOCAL search_path = tenant_{tenant.hex}"
    for number in range(tables - made):
        yield from further_table(number)


def main():
    if sys.argv[1] == "--revision":
        print(revision(int(sys.argv[2])), end="")
        return
    tables = int(sys.argv[4]) if len(sys.argv) > 4 else TABLES
    with open(sys.argv[1], encoding="utf-8") as report:
        model = statements_of(report)
    first = int(sys.argv[2])
    # The model has been onboarded; it lacks the further tables, and would be drift.
    for number in [*([0] if first == 1 and tables else ()), *range(first, int(sys.argv[3]) + 1)]:
        tenant = UUID(int=MODEL.int + number)
        print("BEGIN;", *(s + ";" for s in onboarding(model, tenant, tables)), "COMMIT;", sep="\n")


main()
