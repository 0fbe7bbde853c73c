// doc/lint.md is what the rules say. PGC_ACCEPT=1 writes it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "lint/rule.hpp"

namespace pgcontract::lint {
namespace {

std::string row(const Rule& rule) {
  return fmt::format("| `{}` | {}{} | {} | {} |\n", rule.id.substr(rule.id.find('.') + 1), to_string(rule.severity),
                     rule.weighed ? " ±" : "", rule.title, rule.instead);
}

std::string page() {
  std::string text = R"(# Rules of `migrate lint`

Written by the test `unit/lint/Document.IsWhatTheRulesSay` from the rules themselves; `pgcontract explain lint.ID` prints a
rule's page with its reason and examples, which are its tests.

A rule sees the SQL that Alembic renders, parsed with the server's own grammar into acts on tables, columns, constraints and
indexes; the tables that come out of it, or that are live; and the graph of revisions. Where a server was asked, size and
traffic of the table lower or raise the severities marked ±: below 8 MB a note, below 128 MB at most a warning, from 1 GB or
a million accesses an error. What was observed on a disposable database (`--observe`) overrules what the text says.

)";
  text += fmt::format("{} rules. An error breaks, a warning does with `--strict`, a note never.\n\n", rules().size());
  text += "| rule (`lint.…`) | severity | what holds | instead |\n|---|---|---|---|\n";
  for (const Rule& rule : rules()) text += row(rule);
  return text;
}

TEST(Document, IsWhatTheRulesSay) {
  const std::string path = std::string(PGCONTRACT_SOURCE_DIR) + "/doc/lint.md";
  if (std::getenv("PGC_ACCEPT")) std::ofstream(path) << page();
  std::ifstream in(path);
  std::stringstream found;
  found << in.rdbuf();
  EXPECT_EQ(found.str(), page()) << "PGC_ACCEPT=1 ctest --test-dir build -R unit/lint";
}

}  // namespace
}  // namespace pgcontract::lint
