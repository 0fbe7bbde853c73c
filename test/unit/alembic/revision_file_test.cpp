#include "alembic/revision_file.hpp"

#include <gtest/gtest.h>

namespace pgcontract::alembic {
namespace {

using List = std::vector<std::string>;

Revision good(std::string_view source, const std::string& shown = "versions/x.py") {
  auto file = parse_revision_file(source, shown);
  for (const auto& problem : file.problems) ADD_FAILURE() << problem.where << ": " << problem.message;
  EXPECT_TRUE(file.revision);
  return file.revision.value_or(Revision{});
}

// "line: message" of the only problem.
std::string problem(std::string_view source, const std::string& shown = "x.py") {
  const auto file = parse_revision_file(source, shown);
  if (file.problems.size() != 1) return std::to_string(file.problems.size()) + " problems";
  EXPECT_FALSE(file.problems[0].hint.empty());
  EXPECT_TRUE(file.problems[0].where.starts_with(shown));
  const auto colon = file.problems[0].where.find(':');
  return (colon == std::string::npos ? "" : file.problems[0].where.substr(colon + 1)) + ": " + file.problems[0].message;
}

std::string id(const std::string& literal) { return good("revision = " + literal + "\ndown_revision = None\n").id; }
List down(const std::string& literal) { return good("revision = 'r'\ndown_revision = " + literal + "\n").down; }

TEST(RevisionFile, ReadsAlembicsTemplateWithAnnotations) {
  const auto revision = good(R"py("""add reports

Revision ID: ae10
Revises: 1975ea, 27c6a3
"""
from typing import Sequence, Union

from alembic import op

# revision identifiers, used by Alembic.
revision: str = 'ae10'
down_revision: Union[str, Sequence[str], None] = ('1975ea', '27c6a3')
branch_labels: Union[str, Sequence[str], None] = "billing"
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    revision = 'not this one'
    op.execute(f"SELECT {revision!r:>{10}}")
)py");
  EXPECT_EQ(revision.id, "ae10");
  EXPECT_EQ(revision.down, (List{"1975ea", "27c6a3"}));
  EXPECT_EQ(revision.labels, List{"billing"});
  EXPECT_TRUE(revision.depends_on.empty());
  EXPECT_EQ(revision.message, "add reports");
  EXPECT_EQ(revision.line, 11);
  EXPECT_EQ(revision.file, "versions/x.py");
}

TEST(RevisionFile, ReadsEveryWayToWriteAString) {
  EXPECT_EQ(id("'a'"), "a");
  EXPECT_EQ(id("\"a'b\""), "a'b");
  EXPECT_EQ(id("'''a'''"), "a");
  EXPECT_EQ(id("\"\"\"a\"b\"\"\""), "a\"b");
  EXPECT_EQ(id("r'a\\n'"), "a\\n");
  EXPECT_EQ(id("U'a'"), "a");
  EXPECT_EQ(id("'a' \"b\" '''c'''"), "abc");
  EXPECT_EQ(id("(\n  'a'  # one\n  'b'\n)"), "ab");
  EXPECT_EQ(id("'a' \\\n  'b'"), "ab");
  EXPECT_EQ(id("(('a'))"), "a");
  EXPECT_EQ(id("'a'; x = 1"), "a");
  EXPECT_EQ(id(R"('\x61\u0062\U00000063\144\'\
\q')"),
            "abcd'\\q");
}

TEST(RevisionFile, ReadsEveryWayToWriteParents) {
  EXPECT_EQ(down("None"), List{});
  EXPECT_EQ(down("()"), List{});
  EXPECT_EQ(down("[]"), List{});
  EXPECT_EQ(down("''"), List{});
  EXPECT_EQ(down("('a',)"), List{"a"});
  EXPECT_EQ(down("('a')"), List{"a"});
  EXPECT_EQ(down("['a', 'b']"), (List{"a", "b"}));
  EXPECT_EQ(down("'a', 'b'"), (List{"a", "b"}));
  EXPECT_EQ(down("('a' 'b', ('c'),)"), (List{"ab", "c"}));
  EXPECT_EQ(down("('a', 'a')"), List{"a"});
}

TEST(RevisionFile, TheLastAssignmentCounts) {
  EXPECT_EQ(good("revision = 'a'\nrevision = 'b'\ndown_revision = None\n").id, "b");
  EXPECT_EQ(good("revision = f()\nrevision = 'b'\ndown_revision = depends_on = 'c'\n").depends_on, List{"c"});
}

TEST(RevisionFile, WhatAStarImportsIsNotKnownUntilItIsAssigned) {
  EXPECT_EQ(problem("from m import *\nrevision = 'a'\ndown_revision = None\nbranch_labels = None\n"),
            "1: `depends_on` cannot be read statically");
  EXPECT_EQ(problem("revision = 'a'\ndown_revision = branch_labels = depends_on = None\nfrom m import *\n"),
            "4 problems");
}

TEST(RevisionFile, OtherPlacesOfTheNamesDoNotCount) {
  const auto revision = good(
      "revision = 'a'\ndown_revision = None\nx.revision = 1\nd['depends_on'] = 2\nd[revision] = 2\n"
      "f(revision='b', depends_on=3)\nassert revision == 'a'\nclass C:\n  depends_on = 1\n"
      "if revision: print(down_revision)\nfrom m import revision as r\nrevision: str\n");
  EXPECT_EQ(revision.id, "a");
}

TEST(RevisionFile, WhatDependsOnRunningTheFileIsReported) {
  const std::string rest = "down_revision = None\n";
  for (const std::string line : {"revision = make()\n",
                                 "revision = 'a' + 'b'\n",
                                 "revision = 'a'.lower()\n",
                                 "revision = f'a'\n",
                                 "revision = b'a'\n",
                                 "revision = '\\N{BULLET}'\n",
                                 "revision = 5\n",
                                 "revision = None\n",
                                 "revision = ('a',)\n",
                                 "revision, x = 'a', 1\n",
                                 "from m import revision\n",
                                 "import revision\n",
                                 "def revision(): pass\n",
                                 "async def revision(): pass\n",
                                 "class revision: pass\n",
                                 "if x: revision = 'a'\n",
                                 "try:\n  revision = 'a'\nfinally: pass\n",
                                 "revision = 'a'\nrevision += 'b'\n",
                                 "revision = 'a'\ndel revision\n",
                                 "revision = *x\n",
                                 "print(revision := 'a')\n",
                                 "[revision := 'a' for x in y]\n",
                                 "for revision in 'a': pass\n",
                                 "match x:\n  case revision: pass\n",
                                 "with open(x) as revision: pass\n",
                                 "try: import x\nexcept E as revision: pass\n",
                                 "try:\n  from m import revision\nexcept E: pass\n",
                                 "revision = 'a' if x else 'b'\n"})
    EXPECT_TRUE(problem(line + rest).ends_with("`revision` cannot be read statically")) << line << problem(line + rest);
  EXPECT_EQ(problem("revision = 'a'\ndown_revision = (PARENT,)\n"), "2: `down_revision` cannot be read statically");
  EXPECT_EQ(problem("revision = 'a'\ndown_revision = ('a', None)\n"), "2: `down_revision` cannot be read statically");
  EXPECT_EQ(problem("revision = 'a'\n" + rest + "\ndepends_on = {'a'}\n"), "4: `depends_on` cannot be read statically");
}

TEST(RevisionFile, AFileWithADynamicLabelKeepsItsPlace) {
  const auto file = parse_revision_file("revision='a'\ndown_revision='b'\nbranch_labels = (cli.EXPAND,)\n", "x.py");
  ASSERT_TRUE(file.revision);
  EXPECT_EQ(file.revision->down, List{"b"});
  EXPECT_EQ(file.problems.size(), 1U);
}

TEST(RevisionFile, TheOldestNamingStandsInForTheId) {
  EXPECT_EQ(good("down_revision = None\n", "versions/1a2b3c.py").id, "1a2b3c");
  EXPECT_EQ(problem("x = 1\n", "v/1a2b3c_more.py"), "1: there is no `revision` variable");
  EXPECT_EQ(problem("", "v/x.py"), "1: there is no `revision` variable");
  EXPECT_EQ(problem("revision = 'a'\n"), "1: there is no `down_revision` variable");
}

TEST(RevisionFile, IdsThatCannotWorkAreReported) {
  const auto of = [](const std::string& text) { return problem("revision = '" + text + "'\ndown_revision = None\n"); };
  EXPECT_EQ(of(""), "1: `revision` is empty");
  EXPECT_EQ(of("a@b"), "1: revision id `a@b` holds `@`");
  EXPECT_EQ(of("a-b"), "1: revision id `a-b` holds `-`");
  EXPECT_EQ(of("a+b"), "1: revision id `a+b` holds `+`");
  EXPECT_EQ(of("a:b"), "1: revision id `a:b` holds `:`");
  EXPECT_EQ(of(std::string(32, 'x')), "0 problems");
  EXPECT_TRUE(of(std::string(33, 'x')).ends_with("has 33 characters"));
  std::string umlauts;
  for (int i = 0; i < 32; ++i) umlauts += "ü";
  EXPECT_EQ(of(umlauts), "0 problems") << "characters count, not bytes";
}

TEST(RevisionFile, WhatPythonRefusesIsReportedWithItsLine) {
  EXPECT_EQ(problem("x = 1\nrevision = 'a\n"), "2: not valid Python: a string is never closed");
  EXPECT_EQ(problem("\n'''doc\n"), "2: not valid Python: a string is never closed");
  EXPECT_EQ(problem("x = (\n1\n"), "1: not valid Python: a bracket is never closed");
  EXPECT_EQ(problem("x = 1)\n"), "1: not valid Python: `)` closes nothing");
  EXPECT_EQ(problem("x = [1)\n"), "1: not valid Python: `)` closes nothing");
  EXPECT_EQ(problem(std::string_view("revision = '\xff'\n")), ": the file is not UTF-8");
  EXPECT_EQ(problem(std::string_view("a\0b", 3)), "1: not valid Python: the file holds a null byte");
}

TEST(RevisionFile, DeclaredEncodingsByteOrderMarksAndOldLineEndsAreRead) {
  EXPECT_EQ(good("# -*- coding: latin-1 -*-\n# \xe4\nrevision = 'a'\ndown_revision = None\n").id, "a");
  EXPECT_EQ(good("\xEF\xBB\xBFrevision = 'a'\r\ndown_revision = None\r\n").id, "a");
  const auto old = good("'''one\r\rtwo'''\rrevision = 'a'\rdown_revision = None\r");
  EXPECT_EQ(old.message, "one");
  EXPECT_EQ(old.line, 4);
}

TEST(RevisionFile, NestedQuotesOfNewFStringsDoNotHideTheHeader) {
  const auto revision = good(
      "revision = 'a'\ndown_revision = None\ndef upgrade():\n    op.execute(f\"{x[\"a\"]} {'}'} {')'}\")\n"
      "    y = f'{'\"'}'\n");
  EXPECT_EQ(revision.id, "a");
}

TEST(RevisionFile, ParenthesesWithoutEndDoNotExhaustTheStack) {
  const auto nested = [](std::size_t depth) {
    return problem("revision = " + std::string(depth, '(') + "'a'" + std::string(depth, ')') +
                   "\ndown_revision = None\n");
  };
  EXPECT_EQ(nested(20), "0 problems");
  EXPECT_EQ(nested(100), "1: `revision` cannot be read statically");
  EXPECT_EQ(nested(200'000), "1: not valid Python: brackets are nested more than 200 deep");
}

TEST(RevisionFile, TheDocstringsFirstParagraphIsTheMessage) {
  const std::string rest = "\nrevision = 'a'\ndown_revision = None\n";
  EXPECT_EQ(good("'''  two\nlines  \n\nrest'''" + rest).message, "two\nlines  ");
  EXPECT_EQ(good("('one ' 'two')" + rest).message, "one two");
  EXPECT_EQ(good("f'one'" + rest).message, "");
  EXPECT_EQ(good("import x\n'one'" + rest).message, "");
}

}  // namespace
}  // namespace pgcontract::alembic
