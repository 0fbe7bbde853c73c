#!/usr/bin/env python3
"""What the documents name is there (linked files, make targets, paths, clauses), and what they count is so many. A
document that has drifted is worse than none."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
OWN = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "GLOSSARY.md"]
# Recipes show what a contributor would add.
EXAMPLES = {"src/compare/tenancy/no_views.cpp", "src/compare/tenancy/no_views.examples", "src/command/tenant_drop.cpp",
            "src/command/tenant_drop.md"}
PATH = re.compile(r"`((?:src|test|tools|doc|stratmaster|cmake)/[\w./-]+)`")


def clauses():
    """({id}, {judged id}) as the sources have them."""
    judged, known = set(), set()
    for path in (ROOT / "src/compare").rglob("*.cpp"):
        text = path.read_text()
        found = set(re.findall(r'\.id = "([a-z]+\.[a-z_]+)"', text))
        judged |= found
        known |= found | set(re.findall(r'pending\(\s*"([a-z]+\.[a-z_]+)"', text))
    return known, judged


def check_links(path, text):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not target.startswith(("http:", "https:")) and not (path.parent / target).exists():
            yield f"links to {target}, which is not there"
    for named in PATH.findall(text):
        if named not in EXAMPLES and not (ROOT / named).exists():
            yield f"names {named}, which is not there"


def check_targets(text, targets):
    for target in re.findall(r"(?:`|^)make ([a-z][a-z.]*)", text, re.MULTILINE):
        if target not in targets:
            yield f"names make {target}, which the Makefile does not have"


def check_clauses(text, known):
    keys = (ROOT / "doc/contract.md").read_text(encoding="utf-8")
    areas = {identifier.split(".")[0] for identifier in known}
    for named in re.findall(r"`([a-z]+\.[a-z_]+)`", text):
        area, name = named.split(".")
        if area in areas and named not in known and f"| `{name}` |" not in keys and name not in ("md", "yaml", "no_views"):
            yield f"names clause {named}, which is not there"


def check_counts(text, known, judged):
    """README.md and CHANGELOG.md both say how many clauses there are, and how many of them are judged."""
    words = re.sub(r"\s+", " ", text)
    counted = re.search(r"(\d+) clauses(?: this version judges |, )(\d+)(?:\.| of them judged)", words)
    if not counted:
        yield "does not say how many clauses are judged"
    elif (int(counted.group(1)), int(counted.group(2))) != (len(known), len(judged)):
        yield f"says \"{counted.group(0)}\": there are {len(known)}, {len(judged)} judged"


def check_version(text):
    version = re.search(r'kVersion = "([^"]+)"', (ROOT / "src/base/version.hpp").read_text()).group(1)
    newest = re.search(r"^## (\S+)", text, re.MULTILINE).group(1)
    if newest != version:
        yield f"is at {newest}, the program at {version}"


def main():
    known, judged = clauses()
    targets = set(re.findall(r"^([a-z][a-z. ]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    targets = {word for names in targets for word in names.split()}
    problems = []
    paths = [ROOT / name for name in OWN] + sorted((ROOT / "doc").rglob("*.md"))
    for path in paths:
        text = path.read_text()
        found = [*check_links(path, text), *check_targets(text, targets), *check_clauses(text, known)]
        if path.name in ("README.md", "CHANGELOG.md"):
            found += check_counts(text, known, judged)
        if path.name == "CHANGELOG.md":
            found += check_version(text)
        problems += [f"{path.relative_to(ROOT)} {problem}" for problem in found]
    print("\n".join(problems) or f"{len(paths)} documents, {len(known)} clauses, {len(judged)} judged")
    return 1 if problems or len(judged) < 10 else 0


if __name__ == "__main__":
    sys.exit(main())
