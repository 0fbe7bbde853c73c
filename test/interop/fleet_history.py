"""Writes one random history of tenants' revisions, for fleet_history_test.sh.

    fleet_history.py VERSIONS HEAD SEED

On top of HEAD, below VERSIONS: transactions, statements outside of them, text that --sql prints otherwise, revisions that
look at the database, branches, a second base. Every statement either raises a counter or makes something by name, so that
none can run twice, or not at all, unseen. Prints the label of the second base, where there is one.
"""

import random
import sys
from pathlib import Path

LOOK = "sa.inspect(op.get_bind()).get_table_names()"


class History:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.seed = seed
        self.names = 0
        self.linear = self.random.random() < 0.5

    def name(self):
        self.names += 1
        return f"h{self.names}"

    def statement(self, outside):
        """(upgrade, downgrade) in SQL."""
        name = self.name()
        kinds = ["raise", "raise", "row"] + (["concurrently"] * 3 if outside else ["index"])
        # These tell the order in which they ran. Between branches Alembic promises none, and it is another one where a
        # run that was cut off goes on.
        if self.linear:
            kinds += ["column"] if outside else ["column", "table", "comment"]
        kind = self.random.choice(kinds)
        if kind == "raise":
            return "UPDATE agents_n SET n = n + 1", "UPDATE agents_n SET n = n + 100"
        if kind == "column":
            return f"ALTER TABLE agents_rows ADD COLUMN {name} int", f"ALTER TABLE agents_rows DROP COLUMN {name}"
        if kind == "row":
            return f"INSERT INTO agents_rows (t) VALUES ('{name}')", f"DELETE FROM agents_rows WHERE t = '{name}'"
        if kind == "table":
            return f"CREATE TABLE agents_{name} AS SELECT n FROM agents_n", f"DROP TABLE agents_{name}"
        if kind == "comment":
            return f"COMMENT ON TABLE agents_rows IS '{name}'", "COMMENT ON TABLE agents_rows IS 'down'"
        how = "CONCURRENTLY " if kind == "concurrently" else ""
        return f"CREATE INDEX {how}ix_{name} ON agents_rows (t)", f"DROP INDEX {how}ix_{name}"

    def bodies(self):
        """Upgrade and downgrade in Python, as lines."""
        up, down = [], []
        delegated = self.random.random() < 0.3
        for _ in range(self.random.randint(1, 3)):
            outside = not delegated and self.random.random() < 0.5
            statements = [self.statement(outside) for _ in range(self.random.randint(1, 3))]
            block = ["with op.get_context().autocommit_block():"] if outside else []
            indent = "    " if outside else ""
            up += block + [f'{indent}op.execute("{upgrade}")' for upgrade, _ in statements]
            down = block + [f'{indent}op.execute("{downgrade}")' for _, downgrade in reversed(statements)] + down
        if delegated:
            (up if self.random.random() < 0.5 else down).insert(0, LOOK)
        if self.random.random() < 0.25:
            name = self.name()
            text = self.random.choice([r"r'\d+'", r"'a\tb'", "'100%%'", "'%I'"])
            up.append(f'op.bulk_insert(sa.table("agents_rows", sa.column("t")), [{{"t": {text} + "{name}"}}])')
            down.insert(0, f"op.execute(\"DELETE FROM agents_rows WHERE t LIKE '%{name}'\")")
        return up, down

    def write(self, folder, identifier, down_revision, up, down, label=None):
        lines = ["from alembic import op", "import sqlalchemy as sa", f"revision = {identifier!r}"]
        lines += [f"down_revision = {down_revision!r}", f"branch_labels = {label!r}"]
        lines += ["def upgrade():"] + [f"    {line}" for line in up or ["pass"]]
        lines += ["def downgrade():"] + [f"    {line}" for line in down or ["pass"]]
        (folder / f"{identifier}_history.py").write_text("\n".join(lines) + "\n")

    def run(self, folder, head):
        prefix = f"h{self.seed}_"
        tables = ["CREATE TABLE agents_n (n int NOT NULL)", "INSERT INTO agents_n VALUES (0)"]
        tables.append("CREATE TABLE agents_rows (t text)")
        first = f"{prefix}0"
        # The counter outlives the way down: what the downgrades did is compared too.
        self.write(folder, first, head, [f'op.execute("{t}")' for t in tables], [])
        made = [first]
        for number in range(1, self.random.randint(3, 6)):
            below = made[-1] if self.linear or self.random.random() < 0.6 else self.random.choice(made)
            self.write(folder, f"{prefix}{number}", below, *self.bodies())
            made.append(f"{prefix}{number}")
        if self.random.random() < 0.4:
            label = f"l{self.seed}"
            look = [LOOK] if self.random.random() < 0.7 else []
            down = look + ['op.execute("DROP TABLE agents_other")']
            self.write(folder, f"{prefix}other", None, ['op.execute("CREATE TABLE agents_other (x int)")'], down, label)
            print(label)


if __name__ == "__main__":
    History(int(sys.argv[3])).run(Path(sys.argv[1]), sys.argv[2])
