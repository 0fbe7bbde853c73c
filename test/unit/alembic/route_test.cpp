#include "alembic/route.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgcontract::alembic {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// 1111a - 2222b - 3333c (label left) - 5555m
//            \--- 4444x (label right) --/       other: 9999z, base, depends on 2222b
RevisionGraph history() {
  RevisionGraph graph;
  const auto add = [&](std::string id, std::vector<std::string> down, std::vector<std::string> labels = {},
                       std::vector<std::string> depends = {}) {
    graph.revisions.push_back({id, std::move(down), std::move(depends), std::move(labels), "", id + ".py", 1});
  };
  add("1111a", {});
  add("2222b", {"1111a"});
  add("3333c", {"2222b"}, {"left"});
  add("4444x", {"2222b"}, {"right"});
  add("5555m", {"3333c", "4444x"});
  add("9999z", {}, {"other"}, {"2222b"});
  graph.heads = {"5555m", "9999z"};
  return graph;
}

class Routes : public testing::Test {
 protected:
  const RevisionGraph graph_ = history();
  const RevisionMap map_{graph_};
  std::vector<std::string> up(const std::vector<std::string>& rows, const std::string& target) {
    const auto route = upgrade_route(map_, rows, target);
    if (!route) return {"error: " + route.error().message};
    std::vector<std::string> out;
    for (const auto& step : *route) out.push_back(step.revision);
    return out;
  }
};

TEST_F(Routes, FollowAddressesOfEveryKind) {
  EXPECT_THAT(up({}, "2222b"), ElementsAre("1111a", "2222b"));
  EXPECT_THAT(up({}, "2222"), ElementsAre("1111a", "2222b"));
  EXPECT_THAT(up({"1111a"}, "+1"), ElementsAre("2222b"));
  EXPECT_THAT(up({"2222b"}, "left@+1"), ElementsAre("3333c"));
  EXPECT_THAT(up({}, "2222b-1"), ElementsAre("1111a"));
  EXPECT_THAT(up({"2222b"}, "left@head"), ElementsAre("4444x", "3333c", "5555m"));
  EXPECT_THAT(up({"2222b"}, "2222b"), IsEmpty());
  EXPECT_THAT(up({"5555m"}, "other@head"), ElementsAre("9999z"));
}

TEST_F(Routes, RefuseWhatAlembicRefuses) {
  EXPECT_THAT(up({}, "head"), ElementsAre(HasSubstr("multiple heads are present")));
  EXPECT_THAT(up({"2222b"}, "+1"), ElementsAre(HasSubstr("ambiguous walk")));
  EXPECT_THAT(up({}, "222"), ElementsAre("1111a", "2222b"));
  EXPECT_THAT(up({}, "nothing"), ElementsAre(HasSubstr("no such revision")));
  EXPECT_THAT(up({"gone"}, "heads"), ElementsAre(HasSubstr("can't locate revision identified by `gone`")));
  EXPECT_THAT(up({"1111a", "2222b"}, "heads"), ElementsAre(HasSubstr("overlaps")));
  EXPECT_THAT(up({}, "right@3333c"), ElementsAre(HasSubstr("not a member of branch")));
}

TEST_F(Routes, MoveTheRowsOverBranchAndMerge) {
  const auto route = upgrade_route(map_, {"2222b"}, "5555m");
  ASSERT_TRUE(route);
  ASSERT_EQ(route->size(), 3U);
  EXPECT_THAT((*route)[1].rows.inserted.size() + ((*route)[1].rows.updated ? 1U : 0U), 1U);
  EXPECT_THAT((*route)[1].rows_after, ElementsAre("3333c", "4444x"));
  EXPECT_THAT((*route)[2].rows.deleted.size(), 1U);
  EXPECT_THAT((*route)[2].rows_after, ElementsAre("5555m"));
  const auto back = return_route(map_, {"5555m"}, {"2222b"});
  ASSERT_TRUE(back);
  EXPECT_EQ(back->size(), 3U);
  EXPECT_THAT(back->back().rows_after, ElementsAre("2222b"));
}

TEST_F(Routes, ARevisionThatAnotherDependsOnHasNoRow) {
  const auto route = upgrade_route(map_, {}, "9999z");
  ASSERT_TRUE(route);
  EXPECT_THAT(route->back().rows_after, ElementsAre("9999z"));
  const auto down = downgrade_route(map_, {"9999z"}, "other@base");
  ASSERT_TRUE(down) << down.error().message;
  EXPECT_THAT(down->back().rows_after, ElementsAre("2222b"));
}

TEST_F(Routes, StampInOneStep) {
  const auto route = stamp_route(map_, {"3333c", "4444x"}, "1111a");
  ASSERT_TRUE(route);
  ASSERT_EQ(route->size(), 1U);
  EXPECT_THAT(route->front().rows_after, ElementsAre("1111a"));
  EXPECT_THAT(
      row_statements(route->front().rows, "s.v"),
      ElementsAre("DELETE FROM ONLY s.v WHERE version_num OPERATOR(pg_catalog.=) '3333c'",
                  "UPDATE ONLY s.v SET version_num = '1111a' WHERE version_num OPERATOR(pg_catalog.=) '4444x'"));
}

}  // namespace
}  // namespace pgcontract::alembic
