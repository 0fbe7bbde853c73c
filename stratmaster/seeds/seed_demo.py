#!/usr/bin/env python3
"""Fills schema stratmaster_demo: what a visitor sees before there is a tenant.

    DATABASE_URL=postgresql://user@host/database seeds/seed_demo.py

The content is what this file says: missing tables and rows are made, changed rows are set back, everything else is left
alone, so a second run changes nothing. One transaction. PGOPTIONS and PGPASSFILE are read as psql reads them; pgcontract
uses the first to run this as the owner of the contract.
"""

import json
import os
import sys
import uuid

SCHEMA = "stratmaster_demo"
# Row ids are derived from names, so that every run and every environment has the same.
NAMESPACE = uuid.UUID("5d0c1c5e-8a0b-4c7e-9a53-8f3f2c6f4b10")

TABLES = {
    "research_demo_briefs": """(
      id uuid NOT NULL,
      market text NOT NULL,
      question text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT pk_research_demo_briefs PRIMARY KEY (id),
      CONSTRAINT uq_research_demo_briefs__market_question UNIQUE (market, question)
    )""",
    "agents_demo_playbooks": """(
      id uuid NOT NULL,
      agent text NOT NULL,
      steps jsonb NOT NULL DEFAULT '[]'::jsonb,
      created_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT pk_agents_demo_playbooks PRIMARY KEY (id),
      CONSTRAINT uq_agents_demo_playbooks__agent UNIQUE (agent)
    )""",
    "knowledge_demo_articles": """(
      id uuid NOT NULL,
      brief_id uuid NOT NULL,
      title text NOT NULL,
      content text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT pk_knowledge_demo_articles PRIMARY KEY (id),
      CONSTRAINT fk_knowledge_demo_articles__research_demo_briefs FOREIGN KEY (brief_id)
        REFERENCES stratmaster_demo.research_demo_briefs (id) ON DELETE CASCADE
    )""",
}
INDEXES = {
    "ix_knowledge_demo_articles__brief": "knowledge_demo_articles (brief_id)",
}

MARKETS = {
    "cargo bikes": ["Who buys fleets, and on what budget?", "What does a missed delivery cost?"],
    "heat pumps": ["Which installers are short of staff?", "How does the payback move with the tariff?"],
    "oat milk": ["Which cafés switched last year?", "What drives the price of oats?"],
    "language schools": ["Which exams fill courses?", "How do students find a school?"],
    "vertical farms": ["Which crops pay for the light?", "Who signs supply contracts?"],
}
PLAYBOOKS = {
    "scout": ["list the sources", "rank them by trust", "fetch the best ten"],
    "reader": ["split into passages", "mark what answers the brief", "quote with the source"],
    "critic": ["look for the opposite claim", "weigh both", "say what is unknown"],
    "writer": ["outline", "draft from quotes only", "hand over to the critic"],
}
ANGLES = ("Demand", "Supply")


def identifier(*names):
    return str(uuid.uuid5(NAMESPACE, "/".join(names)))


def rows():
    """(table, row) in an order that foreign keys accept."""
    for market, questions in MARKETS.items():
        for question in questions:
            brief = identifier("brief", market, question)
            yield "research_demo_briefs", {"id": brief, "market": market, "question": question}
    for agent, steps in PLAYBOOKS.items():
        yield "agents_demo_playbooks", {"id": identifier("playbook", agent), "agent": agent, "steps": json.dumps(steps)}
    for market, questions in MARKETS.items():
        for question in questions:
            for angle in ANGLES:
                yield "knowledge_demo_articles", {
                    "id": identifier("article", market, question, angle),
                    "brief_id": identifier("brief", market, question),
                    "title": f"{angle} for {market}",
                    "content": f"A sample article on {angle.lower()}, written to answer: {question}",
                }


def make_schema(cursor):
    """Returns what was made. Each thing is looked up first: IF NOT EXISTS would ask for CREATE rights it may not need."""
    made = []
    cursor.execute("SELECT pg_catalog.to_regnamespace(%s) IS NULL", (SCHEMA,))
    if cursor.fetchone()[0]:
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        made.append(f"schema {SCHEMA}")
    definitions = [("table", name, f"CREATE TABLE {SCHEMA}.{name} {body}") for name, body in TABLES.items()]
    definitions += [("index", name, f"CREATE INDEX {name} ON {SCHEMA}.{on}") for name, on in INDEXES.items()]
    for kind, name, statement in definitions:
        cursor.execute("SELECT pg_catalog.to_regclass(%s) IS NULL", (f"{SCHEMA}.{name}",))
        if cursor.fetchone()[0]:
            cursor.execute(statement)
            made.append(f"{kind} {SCHEMA}.{name}")
    return made


def put(cursor, table, row):
    """Inserts the row or sets it back. True where that changed something."""
    columns = ", ".join(row)
    values = ", ".join(f"%({column})s" for column in row)
    others = [column for column in row if column != "id"]
    cursor.execute(
        f"INSERT INTO {SCHEMA}.{table} AS here ({columns}) VALUES ({values}) "
        f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{column} = excluded.{column}' for column in others)} "
        f"WHERE ({', '.join(f'here.{column}' for column in others)}) "
        f"IS DISTINCT FROM ({', '.join(f'excluded.{column}' for column in others)})",
        row,
    )
    return cursor.rowcount == 1


def seed(session):
    with session.cursor() as cursor:
        made = make_schema(cursor)
        changed = total = 0
        for table, row in rows():
            total += 1
            changed += put(cursor, table, row)
    session.commit()
    for thing in made:
        print(f"created {thing}")
    if made or changed:
        print(f"{changed} of {total} rows written")
    else:
        print(f"nothing to change: schema {SCHEMA} has all {len(TABLES)} tables and {total} rows")


def main():
    try:
        import psycopg2
    except ImportError:
        return f"seed_demo: {sys.executable} has no module psycopg2 (Debian: python3-psycopg2)"
    dsn = os.environ.get("DATABASE_URL")
    if not dsn:
        return (
            "seed_demo: DATABASE_URL is not set. Set it to postgresql://user@host:port/database, "
            "with the password in PGPASSFILE; or run `pgcontract apply`"
        )
    try:
        session = psycopg2.connect(dsn, fallback_application_name="seed_demo")
        try:
            seed(session)
        finally:
            session.close()  # rolls back what was not committed
    except psycopg2.Error as error:
        return f"seed_demo: {str(error).strip()}"
    return None


if __name__ == "__main__":
    sys.exit(main())
