#!/usr/bin/env python3
"""tools/check_includes and tools/check_tidy on a small tree of their own: clean as it stands, and each planted fault is
found by its own message. A check that cannot fail protects nothing."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADER = "#pragma once\n// What it is for. Owned by whoever made it; any thread.\n\n"
TREE = {
    "ARCHITECTURE.md": "| folder | may include | libraries |\n|---|---|---|\n"
    "| `base` | | |\n| `yaml` | `base` | `libfyaml.h` |\n| `main.cpp` | `yaml` | |\n",
    "src/CMakeLists.txt": "pgcontract_folder(base)\npgcontract_folder(yaml USES base LIBS PkgConfig::LIBFYAML)\n",
    "src/base/result.hpp": HEADER + "#include <string>\n",
    "src/yaml/document.hpp": HEADER + '#include "base/result.hpp"\n',
    "src/yaml/document.cpp": '#include "yaml/document.hpp"\n\n#include <libfyaml.h>\n#include <unistd.h>\n\n'
    "int Document::size(\n    int wanted) const {\n  return wanted;\n}\n",
    "src/main.cpp": '#include "yaml/document.hpp"\n\nint main() {}\n',
    "src/compare/clauses.cpp": "span clauses() {\n  static const vector table = {\n      kTenancyGrants,\n  };\n}\n",
    "src/compare/tenancy/grants.cpp": 'const Clause kTenancyGrants = {\n    .id = "tenancy.grants",\n};\n',
    "src/compare/tenancy/grants.examples": "# breaks: so\n----\nbroken\nx\n\n# holds: so\n----\nholds\n",
    "src/command/commands.cpp": 'Command{"apply", "apply.md"};\n',
    "src/command/apply.md": "# apply\n",
}
FOLDERS = ["compare", "command"]  # that only check_tidy looks at

# (check, path, what is replaced, by what, expected message)
INCLUDES = [
    ("src/base/result.hpp", "<string>", "<libpq-fe.h>", "base may not include <libpq-fe.h>"),
    ("src/base/result.hpp", "<string>", "<libfyaml.h>", "base may not include <libfyaml.h>"),
    ("src/base/result.hpp", "<string>", '"yaml/document.hpp"', "base may not include yaml/"),
    ("src/base/result.hpp", "<string>", '"base/gone.hpp"', "base/gone.hpp is not below src/"),
    ("src/yaml/document.cpp", "#include <libfyaml.h>\n", "", "yaml may include libfyaml.h and never does"),
    ("src/main.cpp", "yaml/document.hpp", "base/result.hpp", "main.cpp may not include base/"),
    ("src/CMakeLists.txt", "yaml USES base", "yaml", "yaml: ARCHITECTURE.md and src/CMakeLists.txt differ on base"),
    ("src/CMakeLists.txt", "folder(base)", "folder(base USES yaml)", "base uses yaml, which does not come before it"),
    ("src/CMakeLists.txt", "pgcontract_folder(base)\n", "", "src/base is in no table"),
    ("ARCHITECTURE.md", "| `base` | | |\n", "", "names folder base, ARCHITECTURE.md does not"),
    ("ARCHITECTURE.md", "| folder |", "| directory |", "has no table"),
]
TIDY = [
    ("src/yaml/document.cpp", "  return wanted;\n", "  wanted++;\n" * 70 + "  return wanted;\n", "of 74 lines"),
    ("src/yaml/document.cpp", "int Document", "// long" + "x" * 120 + "\nint Document", "127 columns"),
    ("src/yaml/document.cpp", "int Document", "// TO" "DO later\nint Document", "a loose end"),
    ("src/yaml/document.cpp", "int Document", "int other; \nint Document", "blanks at the end"),
    ("src/yaml/document.cpp", "int Document", "\n" * 500 + "int Document", "509 lines, 500 are allowed"),
    ("src/base/result.hpp", "#pragma once\n", "", "a header begins with #pragma once"),
    ("src/base/result.hpp", "Owned by whoever made it; any thread.", "", "a header says first what it is for"),
    ("src/base/string_utils.cpp", "", "int x;\n", "says nothing about what is inside"),
    ("src/compare/clauses.cpp", "      kTenancyGrants,\n", "", "kTenancyGrants is not in src/compare/clauses.cpp"),
    ("src/compare/tenancy/grants.cpp", "tenancy.grants", "tenancy.grant", "is to be called tenancy.grants"),
    ("src/compare/tenancy/grants.examples", "# holds", "# other", "has no example that holds"),
    ("src/command/commands.cpp", "apply.md", "plan.md", "src/command/apply.md: no command names this page"),
    ("src/command/commands.cpp", "apply.md", "plan.md", "src/command/plan.md: a command names this page"),
    ("src/main.cpp", "int main() {}\n", "int main() {}", "no newline at the end"),
]


def write(root, tree):
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def said_by(tool, tree):
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory) / "tree"
        write(root, tree)
        if tool == "check_includes":
            for folder in FOLDERS:
                shutil.rmtree(root / "src" / folder, ignore_errors=True)
        done = subprocess.run([ROOT / "tools" / tool, "--root", root], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


def main():
    wrong = 0
    for tool, faults in (("check_includes", INCLUDES), ("check_tidy", TIDY)):
        code, said = said_by(tool, TREE)
        if code != 0:
            print(f"{tool}: finds fault with a clean tree:\n{said}")
            wrong += 1
        for path, old, new, expected in faults:
            before = TREE.get(path, "")
            code, said = said_by(tool, {**TREE, path: before.replace(old, new, 1) if old else new})
            if code != 1 or expected not in said:
                print(f"{tool}: {path} with {new[:40]!r}: wanted \"{expected}\", got exit code {code} and\n{said}")
                wrong += 1
    print(f"{len(INCLUDES) + len(TIDY)} planted faults, {wrong} not found")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
