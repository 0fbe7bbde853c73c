// The examples beside the clauses have the shape that their runner and `pgcontract explain` read. That they are true is
// checked against a server elsewhere.

#include <algorithm>
#include <sstream>

#include "base/embedded.hpp"
#include "unit/compare/literal_world.hpp"

namespace pgcontract::compare {
std::span<const EmbeddedText> embedded_texts();
namespace {

struct Case {
  std::string title;
  bool breaks = false;
  std::vector<std::string> expected;  // the verdict, then the findings
};

std::vector<Case> cases_of(std::string_view text) {
  std::vector<Case> cases;
  bool after_rule = false;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# holds: ") || line.starts_with("# breaks: ")) {
      cases.push_back({line, line.starts_with("# breaks: "), {}});
      after_rule = false;
    } else if (line == "----") {
      after_rule = true;
    } else if (after_rule && !line.empty() && !cases.empty()) {
      cases.back().expected.push_back(line);
    }
  }
  return cases;
}

std::string path_of(const Clause& clause) {
  std::string path(clause.id);
  path[path.find('.')] = '/';
  return path + ".examples";
}

TEST(Examples, ShowEachJudgedClauseHoldingAndBroken) {
  for (const Clause& clause : clauses()) {
    const std::string_view text = find_embedded(embedded_texts(), path_of(clause));
    EXPECT_EQ(text.empty(), clause.check == nullptr) << path_of(clause);
    if (text.empty()) continue;
    int holds = 0;
    int breaks = 0;
    for (const Case& example : cases_of(text)) ++(example.breaks ? breaks : holds);
    EXPECT_GE(holds, 1) << clause.id;
    EXPECT_GE(breaks, 1) << clause.id;
  }
}

TEST(Examples, NameTheVerdictAndSortTheFindings) {
  for (const auto& entry : embedded_texts()) {
    for (const Case& example : cases_of(entry.text)) {
      ASSERT_FALSE(example.expected.empty()) << entry.path << ": " << example.title;
      const std::string& verdict = example.expected.front();
      if (example.breaks) {
        EXPECT_EQ(verdict, "broken") << entry.path << ": " << example.title;
        EXPECT_GE(example.expected.size(), 2u) << entry.path << ": " << example.title;
      } else {
        EXPECT_TRUE(verdict == "holds" || verdict == "waived") << entry.path << ": " << example.title;
      }
      EXPECT_TRUE(std::is_sorted(example.expected.begin() + 1, example.expected.end()))
          << entry.path << ": " << example.title;
    }
  }
}

TEST(Examples, AllBelongToAClause) {
  for (const auto& entry : embedded_texts()) {
    std::string id(entry.path.substr(0, entry.path.rfind('.')));
    id[id.find('/')] = '.';
    EXPECT_NE(find_clause(id), nullptr) << entry.path;
  }
}

}  // namespace
}  // namespace pgcontract::compare
