"""Compares src/alembic with Alembic itself over random histories.

Usage: alembic_graph_test.py PATH/TO/alembic_graph_dump [HISTORIES]

Compared are revisions, heads, the order of an upgrade and what is pending at states of the version table that Alembic's
own HeadMaintainer produced; further what both make of broken histories, and the scripts that `alembic upgrade --sql`
prints. The seed is fixed: a failure comes back.
"""
import inspect
import io
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import warnings

try:
    import alembic
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import HeadMaintainer, MigrationStep, RevisionStep
    from alembic.script import Script, ScriptDirectory
except ImportError as missing:
    print(f"skipped: Alembic is not installed for {sys.executable} ({missing})")
    sys.exit(77)

# Alembic 1.8 takes files in the order of the disk, later ones by name; ties between branches follow it.
if isinstance(Script.__dict__["_list_py_dir"], classmethod):
    unsorted = Script._list_py_dir
    Script._list_py_dir = classmethod(lambda cls, *args: sorted(unsorted(*args)))

def unmerge_to_revisions(self, heads):
    """Alembic's own of later versions: earlier ones leave two rows, one below the other, and then refuse to go on."""
    others = set(heads) - {self.revision.revision}
    ancestors = set()
    for start in [others] if others else [{r} for r in self.to_revisions]:
        found = self.revision_map._get_ancestor_nodes(self.revision_map.get_revisions(start), check=False)
        ancestors |= {r.revision for r in found} - (set() if others else start)
    return tuple(set(self.to_revisions) - ancestors)


if "excluding self" not in inspect.getsource(RevisionStep._unmerge_to_revisions):
    RevisionStep._unmerge_to_revisions = unmerge_to_revisions

ENV = """
from alembic import context
context.configure(url="postgresql://", literal_binds=True, transaction_per_migration={per_migration})
with context.begin_transaction():
    context.run_migrations()
"""
BODIES = [
    "    pass",
    "    op.execute('SELECT 1; SELECT 2')",
    "    op.execute(\"INSERT INTO t VALUES ('a;''b')\")",
    "    op.execute('DO $x$ BEGIN PERFORM 1; END $x$')",
    "    op.execute('CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END')",
    "    op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('b', sa.Text, server_default=\"a;b\"))",
    "    with op.get_context().autocommit_block():\n        op.execute('CREATE INDEX CONCURRENTLY i ON t (x)')",
]


class History:
    """A random history: revisions in the order they were made, each naming only earlier ones."""

    def __init__(self, rng, number):
        self.rng = rng
        self.revisions = []
        self.labels = {}
        wide = rng.random() < 0.3
        for n in range(rng.randint(0, 40 if wide else 14)):
            self.add(f"{rng.getrandbits(48):012x}" if number % 2 else f"r{n}_{rng.choice('xyzäß .')}", n)

    def add(self, ident, n):
        rng = self.rng
        earlier = [r["id"] for r in self.revisions]
        kind = rng.random()
        if not earlier or kind < 0.1:
            down = []
        elif kind < 0.6:
            down = [earlier[-1]]
        elif kind < 0.8:
            down = [rng.choice(earlier)]
        else:
            down = self.antichain(rng.sample(earlier, min(len(earlier), rng.randint(2, 4))))
        depends = []
        if earlier and rng.random() < 0.25:
            depends = [d for d in rng.sample(earlier, min(len(earlier), rng.randint(1, 2))) if d not in down]
            depends = [rng.choice([d, *[l for l, r in self.labels.items() if r == d]]) for d in depends]
        labels = []
        if rng.random() < 0.15:
            labels = [f"label{n}{i}" for i in range(rng.randint(1, 2))]
            self.labels.update({label: ident for label in labels})
        self.revisions.append({"id": ident, "down": down, "depends_on": depends, "labels": labels,
                               "message": rng.choice(["add reports", "two\nlines", "", 'it\'s "quoted"'])})

    def antichain(self, ids):
        """Without those below another: Alembic accepts such merges, but they say nothing."""
        below = {r["id"]: set(r["down"]) for r in self.revisions}
        for r in self.revisions:
            for d in r["down"]:
                below[r["id"]] |= below[d]
        return [i for i in ids if not any(i in below[other] for other in ids)]

    def text(self, value):
        """One of the ways to write a string in Python."""
        rng = self.rng
        plain = value.isascii() and value.isprintable() and not set(value) & set("'\"\\")
        ways = [repr(value)]
        if plain:
            cut = rng.randint(0, len(value))
            ways += [f'"{value}"', f"r'{value}'", f'u"{value}"', f"'''{value}'''", f'"""{value}"""',
                     f"('{value[:cut]}'  # half\n    \"{value[cut:]}\")", f"'{value[:cut]}' \\\n  '{value[cut:]}'",
                     "'" + "".join(f"\\x{ord(c):02x}" for c in value) + "'", f"(('{value}'))"]
        else:
            ways.append(ascii(value))
        return rng.choice(ways)

    def sequence(self, values):
        rng = self.rng
        if not values:
            return rng.choice(["None", "()", "[]", "( )", "(None)"])
        if len(values) == 1 and rng.random() < 0.6:
            return self.text(values[0])
        inner = rng.choice([", ", ",\n    ", " , "]).join(self.text(v) for v in values)
        return rng.choice([f"({inner},)", f"[{inner}]", f"[{inner},]"] + ([f"({inner})"] if len(values) > 1 else []))

    def source(self, revision):
        rng = self.rng
        annotation = rng.choice(["", ": str", ": Union[str, Sequence[str], None]"])
        lines = ['"""%s\n\nRevision ID: none of this counts\n"""' % revision["message"].replace('"', '\\"')]
        lines += ["from typing import Sequence, Union", "from alembic import op", "import sqlalchemy as sa", ""]
        assignments = [f"revision{annotation} = {self.text(revision['id'])}",
                       f"down_revision{annotation} = {self.sequence(revision['down'])}"]
        for name, key in (("branch_labels", "labels"), ("depends_on", "depends_on")):
            if revision[key] or rng.random() < 0.5:
                assignments.append(f"{name}{annotation} = {self.sequence(revision[key])}")
        rng.shuffle(assignments)
        lines.append(rng.choice(["\n", "\n\n# comment = 'x'\n"]).join(assignments))
        lines += ["", "def upgrade():", "    revision = 'no'", rng.choice(BODIES), "", "def downgrade():", "    pass", ""]
        return rng.choice(["\n", "\r\n"]).join("\n".join(lines).split("\n"))

    def write(self, root):
        rng = self.rng
        self.locations = 1 if rng.random() < 0.8 else 2
        folders = [root / "m" / "versions"] if self.locations == 1 else [root / "a", root / "b"]
        for folder in folders + [root / "m"]:
            folder.mkdir(parents=True, exist_ok=True)
        ini = ["[DEFAULT]", "base = %(here)s", "[other]", "x = 1", "[history]", "script_location = %(base)s/m"]
        if self.locations == 2:
            ini += rng.choice([["version_locations = %(here)s/a %(here)s/b"],
                               ["version_path_separator = os", "version_locations = %(here)s/a:%(here)s/b"],
                               ["version_locations: %(here)s/a,%(here)s/b"]])
        (root / "alembic.ini").write_text("\n".join(ini) + "\n")
        (root / "m" / "env.py").write_text(ENV.format(per_migration=rng.random() < 0.5))
        names = [f"{i:03d}.py" for i in range(len(self.revisions))]
        rng.shuffle(names)  # the order of names says nothing about the order of revisions
        for name, revision in zip(names, self.revisions):
            data = self.source(revision).encode()
            (rng.choice(folders) / f"f{name}").write_bytes(data)


class Rows:
    """Stands in for the connection of Alembic's HeadMaintainer."""

    as_sql = True

    class Impl:
        @staticmethod
        def _exec(*_):
            return None

    impl = Impl()
    from sqlalchemy import Column, MetaData, String, Table
    _version = Table("alembic_version", MetaData(), Column("version_num", String(32)))


def states(directory, rng):
    """Version tables that upgrades from the base lead to, by Alembic's own bookkeeping."""
    steps = directory._upgrade_revs("heads", ())
    runs = [steps[:cut] for cut in [len(steps), *[rng.randint(0, len(steps)) for _ in range(3)]]]
    if steps:
        runs.append(directory._upgrade_revs(rng.choice(steps).revision.revision, ()))
    found = {()}
    for run in runs:
        keeper = HeadMaintainer(Rows, ())
        try:
            for step in run:
                keeper.update_to_step(step)
        except (AssertionError, KeyError):
            continue  # some merges of branches of unequal length are beyond Alembic's own bookkeeping
        found.add(tuple(sorted(keeper.heads)))
    return [s for s in sorted(found) if not any("," in row for row in s)]


class Reader:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        encoding="utf-8")

    def ask(self, *fields):
        self.process.stdin.write("\t".join(map(str, fields)) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def check(holds, what, *details):
    if not holds:
        raise AssertionError("\n  ".join([what, *map(repr, details)]))


def check_order(order, revision_map):
    """Each revision stands behind everything it descends from, where that is in the list too."""
    place = {r: i for i, r in enumerate(order)}
    for ident in order:
        for down in revision_map.get_revision(ident)._all_down_revisions:
            check(down not in place or place[down] < place[ident], "not a topological order", order, ident, down)


def compare(root, history, reader, rng, counts):
    history.write(root)
    config = Config(str(root / "alembic.ini"), ini_section="history")
    directory = ScriptDirectory.from_config(config)
    revision_map = directory.revision_map
    tables = states(directory, rng)
    answer = reader.ask("graph", root / "alembic.ini", "history", root, *[",".join(t) for t in tables])
    check(not answer["problems"], "problems in a good history", answer["problems"])
    check(answer["heads"] == sorted(revision_map.heads), "heads", answer["heads"], revision_map.heads)

    scripts = {s.revision: s for s in revision_map._revision_map.values() if s is not None}
    check({r["id"] for r in answer["revisions"]} == set(scripts), "revisions", answer["revisions"], set(scripts))
    for revision in answer["revisions"]:
        script = scripts[revision["id"]]
        check(revision["down"] == list(script._versioned_down_revisions), "down_revision", revision)
        check(sorted(revision["labels"]) == sorted(script._orig_branch_labels), "branch_labels", revision)
        check(revision["message"] == script.doc, "message", revision, script.doc)
        check((root / revision["file"]).samefile(script.path), "file", revision, script.path)
    check_order([r["id"] for r in answer["revisions"]], revision_map)

    # A tuple made from a set decides between several dependencies of one revision: there Alembic's own order changes
    # from run to run.
    exact = all(len(s._normalized_resolved_dependencies) < 2 for s in scripts.values())
    for rows, state in zip(tables, answer["states"]):
        expected = [s.revision.revision for s in directory._upgrade_revs("heads", rows)]
        check(set(state["pending"]) == set(expected), "pending", rows, state["pending"], expected)
        check(len(state["pending"]) == len(expected), "pending twice", rows, state["pending"])
        check_order(state["pending"], revision_map)
        if exact:
            check(state["pending"] == expected, "order of pending", rows, state["pending"], expected)
            counts["exact orders"] += 1
        check(not state["unknown"], "unknown rows", rows, state)
        check(state["at_head"] == (set(rows) == set(revision_map._real_heads)), "at_head", rows, state)
        check(state["at_head"] == (not expected), "at_head and pending", rows, state)
        counts["states"] += 1
    compare_routes(history, directory, tables, reader, rng, counts)
    counts["histories"] += 1
    counts["revisions"] += len(scripts)
    counts["with several heads"] += len(revision_map.heads) > 1
    counts["with dependencies"] += any(s._resolved_dependencies for s in scripts.values())
    counts["with heads that have no row"] += set(revision_map.heads) != set(revision_map._real_heads)
    return config, directory


def addresses(history, rows, rng):
    """What a person could write: addresses of every kind, most of them meaning something."""
    ids = [r["id"] for r in history.revisions] or ["nothing"]
    names = ids + list(history.labels) + ["head", "heads", "base"]
    one = lambda: rng.choice(names)
    part = lambda: (lambda i: i[:rng.randint(1, len(i))])(rng.choice(ids))
    kinds = [one, one, part, lambda: rng.choice(rows or ids), lambda: f"+{rng.randint(1, 3)}",
             lambda: f"-{rng.randint(1, 3)}", lambda: f"{one()}{rng.choice('+-')}{rng.randint(1, 2)}",
             lambda: f"{rng.choice(list(history.labels) or ids)}@{rng.choice(['head', 'heads', 'base', one()])}",
             lambda: f"{rng.choice(list(history.labels) or ids)}@{rng.choice('+-')}{rng.randint(1, 2)}",
             lambda: f"{rng.choice(list(history.labels) or ids)}@{one()}{rng.choice('+-')}1", lambda: "no such thing"]
    return [rng.choice(kinds)() for _ in range(12)]


def alembic_route(directory, verb, target, rows):
    """Revisions in order and the rows after each, or None where Alembic refuses."""
    steps_of = {"upgrade": directory._upgrade_revs, "downgrade": directory._downgrade_revs,
                "stamp": directory._stamp_revs}[verb]
    keeper = HeadMaintainer(Rows, rows)
    route = []
    try:
        for step in steps_of(target, tuple(rows)):
            keeper.update_to_step(step)
            route.append((step.revision.revision if verb != "stamp" else "", sorted(keeper.heads)))
    except Exception:  # Alembic raises CommandError, AssertionError, KeyError, AttributeError, ValueError …
        return None
    return route


def compare_routes(history, directory, tables, reader, rng, counts):
    exact = all(len(s._normalized_resolved_dependencies) < 2
                for s in directory.revision_map._revision_map.values() if s is not None)
    for rows in tables:
        for target in addresses(history, list(rows), rng):
            verb = rng.choice(["upgrade", "downgrade", "stamp"])
            if verb == "stamp" and target.split("@")[-1].startswith("-"):
                continue  # Alembic counts down from the heads where the table is empty, and refuses where it is not
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                expected = alembic_route(directory, verb, target, list(rows))
            answer = reader.ask("route", verb, target, ",".join(rows))
            got = [(s["revision"], s["rows"]) for s in answer] if isinstance(answer, list) else None
            if not exact and (expected is None or got is None):
                continue  # which of two orders Alembic takes decides whether its bookkeeping gets through
            if exact:
                check(got == expected, f"{verb} {target}", rows, got, expected, answer)
            else:
                check(sorted(s[0] for s in got) == sorted(s[0] for s in expected), f"{verb} {target}", rows, got, expected)
            counts["routes refused" if expected is None else f"{verb} routes"] += 1


def compare_script(root, config, directory, reader, counts):
    """The script of `alembic upgrade heads --sql`, cut by us, runs the revisions that Alembic would run."""
    steps = [s.revision.revision for s in directory._upgrade_revs("heads", ())]
    if not steps:
        return  # Alembic 1.8 then prints nothing but DROP TABLE alembic_version
    printed = io.StringIO()
    config.output_buffer = printed
    try:
        command.upgrade(config, "heads", sql=True)
    except (AssertionError, KeyError) as limit:  # Alembic cannot do some merges offline
        counts["not rendered by Alembic"] += 1
        return
    (root / "script.sql").write_text(printed.getvalue())
    parts = reader.ask("script", root / "script.sql")
    check(isinstance(parts, list), "script refused", parts, printed.getvalue())
    exact = all(len(s._normalized_resolved_dependencies) < 2
                for s in directory.revision_map._revision_map.values() if s is not None)
    got = [p["to"][0] for p in parts]
    check(got == steps if exact else sorted(got) == sorted(steps), "revisions of the script", got, steps)
    for part in parts:
        text = [s["text"] for s in part["statements"]]
        check(any("alembic_version" in t for t in text), "no version row", part)
        check(not {"BEGIN", "COMMIT"} & set(text), "transaction left in", part)
        check(part["from"] == list(directory.get_revision(part["to"][0])._versioned_down_revisions), "from", part)
        for statement in part["statements"]:
            outside = "CONCURRENTLY" in statement["text"]
            check(statement["transactional"] != outside, "transaction", statement)
    counts["scripts"] += 1


BROKEN = {
    "unknown down_revision": [("a", "'gone'", "")],
    "unknown depends_on": [("a", "None", "depends_on = 'gone'")],
    "cycle": [("a", "'b'", ""), ("b", "'a'", "")],
    "cycle beside a line": [("x", "None", ""), ("a", "'b'", ""), ("b", "'a'", "")],
    "dependency cycle": [("a", "None", "depends_on = 'b'"), ("b", "None", "depends_on = 'a'")],
    "self-loop": [("a", "'a'", "")],
    "dependency self-loop": [("a", "None", "depends_on = ['a']")],
    "label twice": [("a", "None", "branch_labels = 'l'"), ("b", "'a'", "branch_labels = 'l'")],
    "label is an id": [("a", "None", ""), ("b", "'a'", "branch_labels = ['a']")],
    "down_revision is a label": [("a", "None", "branch_labels = 'l'"), ("b", "'l'", "")],
    "illegal character": [("a@b", "None", "")],
    "duplicate id": [("a", "None", ""), ("a", "None", "# again")],
    "no value": [("a", "undefined_name", "")],
    "not Python": [("a", "(", "")],
}


def compare_broken(root, name, revisions, reader):
    """What Alembic refuses or warns of, we report; and nothing else."""
    (root / "m" / "versions").mkdir(parents=True)
    (root / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/m\n")
    for i, (ident, down, rest) in enumerate(revisions):
        (root / "m" / "versions" / f"f{i}.py").write_text(f"revision = '{ident}'\ndown_revision = {down}\n{rest}\n")
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            ScriptDirectory.from_config(Config(str(root / "alembic.ini"))).revision_map._revision_map
            refused = bool(warned)
        except Exception:  # Alembic raises whatever the file made Python raise
            refused = True
    answer = reader.ask("graph", root / "alembic.ini", "alembic", root, "")
    check(refused, f"Alembic accepts: {name}")
    check(answer["problems"], f"not reported: {name}", answer)


def main():
    reader = Reader(sys.argv[1])
    histories = int(sys.argv[2]) if len(sys.argv) > 2 else 250
    counts = dict.fromkeys(["histories", "revisions", "with several heads", "with dependencies",
                            "with heads that have no row", "states", "exact orders", "scripts",
                            "not rendered by Alembic", "upgrade routes", "downgrade routes", "stamp routes",
                            "routes refused"], 0)
    sys.dont_write_bytecode = True
    with tempfile.TemporaryDirectory(prefix="pgcontract-interop-") as folder:
        for number in range(histories):
            rng = random.Random(20261123 + number)
            root = pathlib.Path(folder) / f"h{number}"
            root.mkdir()
            try:
                config, directory = compare(root, History(rng, number), reader, rng, counts)
                if number % 5 == 0:
                    compare_script(root, config, directory, reader, counts)
            except AssertionError as failure:
                print(f"history {number} differs: {failure}")
                for file in sorted(root.rglob("*.py")):
                    print(f"--- {file.relative_to(root)}\n{file.read_text()}")
                return 1
        for name, revisions in BROKEN.items():
            compare_broken(pathlib.Path(folder) / name.replace(" ", "_"), name, revisions, reader)
    print(f"Alembic {alembic.__version__}:", ", ".join(f"{n} {what}" for what, n in counts.items()),
          f"and {len(BROKEN)} broken histories agree")
    for what in ("with several heads", "with dependencies", "with heads that have no row", "exact orders", "scripts",
                 "upgrade routes", "downgrade routes", "stamp routes", "routes refused"):
        check(counts[what] > 0, f"nothing tested: {what}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
