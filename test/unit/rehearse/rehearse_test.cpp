// rehearse/: what is said of effects, differences and models, and one revision cut out of a rendered history.
#include <gtest/gtest.h>

#include "rehearse/models.hpp"
#include "rehearse/stairway.hpp"

namespace pgcontract::rehearse {
namespace {

StatementEffect effect(std::vector<LockTaken> locks) {
  StatementEffect out;
  out.text = "ALTER TABLE a\n  ADD b int";
  out.locks = std::move(locks);
  return out;
}

TEST(LockHazard, a_lock_alone_is_none_and_work_under_a_weak_one_neither) {
  auto change = effect({{"{schema}.a", "ACCESS EXCLUSIVE", false}});
  EXPECT_EQ(lock_hazard(change), "");
  auto validate = effect({{"{schema}.a", "SHARE UPDATE EXCLUSIVE", false}});
  validate.scanned = {{"{schema}.a", false}};
  EXPECT_EQ(lock_hazard(validate), "");
}

TEST(LockHazard, work_on_a_whole_table_under_a_lock_that_keeps_writers_out_is_one) {
  auto change = effect({{"{schema}.a", "ACCESS EXCLUSIVE", false}});
  change.scanned = {{"{schema}.a", false}};
  EXPECT_EQ(lock_hazard(change), "reads all of {schema}.a under ACCESS EXCLUSIVE: ALTER TABLE a");
  change.rewritten = {{"{schema}.a", false}};
  EXPECT_EQ(lock_hazard(change), "rewrites {schema}.a under ACCESS EXCLUSIVE: ALTER TABLE a");
  auto index = effect({{"{schema}.a", "SHARE", false}});
  index.scanned = {{"{schema}.a", false}};
  index.indexes = {{"{schema}.ix", "{schema}.a", false}};
  EXPECT_EQ(lock_hazard(index), "builds an index on {schema}.a under SHARE: ALTER TABLE a");
}

TEST(LockHazard, what_the_revision_made_itself_is_nobody_elses) {
  auto change = effect({{"{schema}.a", "ACCESS EXCLUSIVE", true}});
  change.rewritten = change.scanned = {{"{schema}.a", true}};
  EXPECT_EQ(lock_hazard(change), "");
}

TEST(Told, names_object_and_attribute_and_counts_the_rest) {
  const Difference gone{"index", "ix_a", "", "x", std::nullopt, {}, ""};
  const Difference more{"index", "ix_b", "", std::nullopt, "x", {}, ""};
  const Difference other{"column", "a.b", "default", "1", "2", {}, ""};
  EXPECT_EQ(told({gone, more, other}),
            "index ix_a: is not there; index ix_b: is there, and should not be; column a.b: default is 2, not 1");
  EXPECT_TRUE(told({gone, gone, gone, gone, gone, gone}).ends_with("; index ix_a: is not there; and 2 more"));
}

TEST(ModelsAnswer, is_read_from_its_own_lines) {
  const auto some = models_answer(
      "env.py says hello\n\npgcontract models: differs op.add_column('a', b)\n"
      "\npgcontract models: differs op.drop_table('c')\n\npgcontract models: done\n");
  EXPECT_EQ(some.unchecked, "");
  EXPECT_EQ(some.differences, (std::vector<std::string>{"op.add_column('a', b)", "op.drop_table('c')"}));
  EXPECT_TRUE(models_answer("pgcontract models: done\n").differences.empty());
  EXPECT_EQ(models_answer("pgcontract models: done\n").unchecked, "");
  EXPECT_EQ(models_answer("pgcontract models: unchecked no models\n").unchecked, "no models");
  EXPECT_EQ(models_answer("nothing of ours\n").unchecked, "env.py runs no migrations online");
}

// One transaction over two revisions; the second goes on outside, and its row moves there.
fleet::Script two_revisions() {
  fleet::Script script;
  script.parts.push_back({fleet::Mode::Transaction,
                          {{"A", false, "one"}, {"INSERT one", true, "one"}, {"B", false, "two"}},
                          {"one", "two"},
                          {},
                          {"one"},
                          {},
                          {}});
  script.parts.push_back(
      {fleet::Mode::Autocommit, {{"C", false, "two"}, {"UPDATE two", true, "two"}}, {"two"}, {"one"}, {"two"}, {}, {}});
  return script;
}

TEST(ScriptOf, cuts_one_revision_out_with_the_rows_of_its_step) {
  alembic::RouteStep step{"two", true, {"one"}, {"two"}, {{}, {"two"}, std::nullopt}, {"other", "two"}};
  const auto script = script_of(two_revisions(), step, {"other"});
  ASSERT_EQ(script.parts.size(), 2u);
  EXPECT_EQ(script.from, std::vector<std::string>{"other"});
  EXPECT_EQ(script.to, (std::vector<std::string>{"other", "two"}));
  ASSERT_EQ(script.parts[0].statements.size(), 1u);
  EXPECT_EQ(script.parts[0].statements[0].text, "B");
  EXPECT_EQ(script.parts[0].rows_after, std::vector<std::string>{"other"});
  ASSERT_EQ(script.parts[1].statements.size(), 2u);
  EXPECT_EQ(script.parts[1].statements[1].text, "INSERT INTO {table} (version_num) VALUES ('two')");
  EXPECT_EQ(script.parts[1].rows_after, (std::vector<std::string>{"other", "two"}));
}

TEST(ScriptOf, a_delegated_revision_gets_the_target_of_its_step) {
  fleet::Script whole;
  whole.upgrade = false;
  whole.parts.push_back({fleet::Mode::Delegate, {}, {"one"}, {"one"}, {}, "elsewhere", "why"});
  alembic::RouteStep step{"one", false, {"one"}, {}, {{"one"}, {}, std::nullopt}, {}};
  const auto script = script_of(whole, step, {"one"});
  ASSERT_EQ(script.parts.size(), 1u);
  EXPECT_EQ(script.parts[0].target, "base");
  EXPECT_TRUE(script.parts[0].rows_after.empty());
}

}  // namespace
}  // namespace pgcontract::rehearse
