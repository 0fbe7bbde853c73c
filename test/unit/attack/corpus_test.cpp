#include "attack/corpus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace pgcontract::attack {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kHead = "-- title: t\n-- kind: rows\n-- clause: tenancy.grants\n-- success: X\n";

std::string with_head(std::string_view rest) { return std::string(kHead) + std::string(rest); }

std::string problem(std::string_view text) {
  const auto attack = parse_attack("X01", text);
  return attack ? "" : attack.error().describe();
}

TEST(Corpus, holds_the_whole_specification) {
  std::set<std::string> ids;
  for (const auto& attack : corpus()) {
    ids.insert(attack.id);
    EXPECT_FALSE(attack.naive.empty()) << attack.id;
    EXPECT_FALSE(attack.rule.empty()) << attack.id;
    EXPECT_NO_THROW(std::regex(filled(
        attack.success,
        {{"A", "a"}, {"B", "b"}, {"ADMIN", "x"}, {"OWN", "o"}, {"MIG", "m"}, {"UA", "u"}, {"UB", "v"}, {"SB", "s"}})))
        << attack.id;
  }
  const std::pair<const char*, int> numbered[] = {{"ID", 27},  {"RLS", 27}, {"ESC", 21}, {"META", 12},
                                                  {"DOS", 12}, {"ST", 11},  {"REP", 3},  {"PL", 8}};
  for (const auto& [area, count] : numbered)
    for (int i = 1; i <= count; ++i) {
      const std::string id = area + std::string(i < 10 ? "0" : "") + std::to_string(i);
      EXPECT_TRUE(ids.contains(id)) << id;
    }
}

TEST(Corpus, is_named_by_a_sha256) {
  EXPECT_TRUE(std::regex_match(std::string(corpus_sha256()), std::regex("[0-9a-f]{64}")));
}

TEST(Corpus, accepts_only_what_core_postgresql_does_not_refuse) {
  std::set<std::string> always;
  for (const auto& attack : corpus())
    if (attack.accepted(150000, "strict")) always.insert(attack.id);
  EXPECT_EQ(always, (std::set<std::string>{"META01", "META03", "META08", "META12", "RLS19", "DOS02", "DOS03", "DOS05",
                                           "DOS12", "ID19", "ID18", "REP01"}));
  for (const auto& attack : corpus())
    if (attack.id == "ID25") {
      EXPECT_TRUE(attack.accepted(140023, "strict"));
      EXPECT_FALSE(attack.accepted(150020, "standard"));
    }
}

TEST(ParseAttack, reads_steps_and_statements) {
  const auto attack = parse_attack(
      "X01",
      with_head("-- residual: before 15\n-- because: b\n-- limited by: l\n"
                "-- as: pool login with -c role={B}\nSELECT 1;\nSELECT\n  2;\n-- as: pool login again\nSELECT 3;\n"));
  ASSERT_TRUE(attack);
  ASSERT_EQ(attack->steps.size(), 2u);
  EXPECT_EQ(attack->steps[0].who, Who::PoolLogin);
  EXPECT_EQ(attack->steps[0].options, "-c role={B}");
  EXPECT_THAT(attack->steps[0].statements, ElementsAre("SELECT 1", "SELECT\n  2"));
  EXPECT_TRUE(attack->steps[1].again);
  EXPECT_EQ(attack->residual_before, 15);
}

TEST(ParseAttack, names_the_line_that_is_wrong) {
  EXPECT_THAT(problem(with_head("SELECT 1;\n")), HasSubstr("X01.attack:5: nobody sends this statement"));
  EXPECT_THAT(problem(with_head("-- as: somebody\nSELECT 1;\n")),
              HasSubstr("X01.attack:5: no line of an attack's head"));
  EXPECT_THAT(problem(with_head("-- as: A\nSELECT 1\n-- as: B\nSELECT 1;\n")), HasSubstr("does not end"));
  EXPECT_THAT(problem(with_head("-- as: A\nSELECT 1\n")), HasSubstr("the last statement does not end"));
  EXPECT_THAT(problem(with_head("-- as: A\n")), HasSubstr("statements in each step is missing"));
  EXPECT_THAT(problem(with_head("-- residual: always\n-- as: A\nSELECT 1;\n")), HasSubstr("why it is accepted"));
  EXPECT_THAT(problem(with_head("-- residual: perhaps\n-- as: A\nSELECT 1;\n")), HasSubstr("no line of"));
  EXPECT_THAT(problem("-- title: t\n-- kind: none\n-- success: X\n-- as: A\nSELECT 1;\n"),
              HasSubstr("a kind of the list"));
}

TEST(Filled, replaces_known_words_and_leaves_other_braces) {
  EXPECT_EQ(filled("{A}.x [0-9]{32} {{B}} {", {{"A", "one"}, {"B", "two"}}), "one.x [0-9]{32} {two} {");
}

}  // namespace
}  // namespace pgcontract::attack
