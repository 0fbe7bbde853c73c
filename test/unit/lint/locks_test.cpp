// What a plan says of statements before anything runs.
#include <gtest/gtest.h>

#include "lint/locks.hpp"

namespace pgcontract::lint {
namespace {

TEST(Hazard, IsToldByTheTree) {
  EXPECT_EQ(hazard_of("ALTER TABLE t ADD COLUMN a int").lock, Lock::AccessExclusive);
  EXPECT_EQ(hazard_of("ALTER TABLE t ADD COLUMN a int").risk, Risk::Lock);
  EXPECT_EQ(hazard_of("ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid()").effect,
            "ACCESS EXCLUSIVE on t, rewrites it");
  EXPECT_EQ(hazard_of("ALTER TABLE t DROP COLUMN a").risk, Risk::Data);
  EXPECT_EQ(hazard_of("CREATE INDEX i ON t (a)").effect, "SHARE on t, reads all of it");
  EXPECT_EQ(hazard_of("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)").lock, Lock::ShareUpdateExclusive);
  EXPECT_EQ(hazard_of("CREATE TABLE t (a int)").lock, Lock::None);
  EXPECT_EQ(hazard_of("CREATE TABLE t (a int REFERENCES u (a))").effect, "SHARE ROW EXCLUSIVE on u");
  EXPECT_EQ(hazard_of("UPDATE t SET a = 1").lock, Lock::RowExclusive);
}

TEST(Hazard, OfWhatTheScriptItselfMadeIsNone) {
  const auto hazards =
      hazards_of({"CREATE TABLE t (a int)", "CREATE INDEX i ON t (a)", "ALTER TABLE u ADD COLUMN b int"});
  EXPECT_EQ(hazards[1].effect, "");
  EXPECT_EQ(hazards[2].effect, "ACCESS EXCLUSIVE on u");
}

TEST(Hazard, IsTheWorstWhereTheParserDoesNotUnderstand) {
  const auto hazard = hazard_of("ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT ENFORCED");
  EXPECT_EQ(hazard.lock, Lock::AccessExclusive);
  EXPECT_EQ(hazard.risk, Risk::Data);
  EXPECT_TRUE(hazard.effect.starts_with("not analysed: ")) << hazard.effect;
}

TEST(Types, WidenWithoutARewrite) {
  const auto column = [](std::string type, std::vector<int> length) {
    ColumnSpec spec;
    spec.type = std::move(type);
    spec.length = std::move(length);
    return spec;
  };
  const auto from = column("varchar", {20});
  EXPECT_FALSE(rewrites(&from, column("varchar", {40}), false));
  EXPECT_FALSE(rewrites(&from, column("text", {}), false));
  EXPECT_TRUE(rewrites(&from, column("varchar", {10}), false));
  EXPECT_TRUE(rewrites(&from, column("text", {}), true));
  EXPECT_TRUE(rewrites(nullptr, column("text", {}), false));
  const auto amount = column("numeric", {10, 2});
  EXPECT_FALSE(rewrites(&amount, column("numeric", {12, 2}), false));
  EXPECT_TRUE(rewrites(&amount, column("numeric", {12, 3}), false));
  EXPECT_FALSE(rewrites(&amount, column("numeric", {}), false));
  const auto number = column("int4", {});
  EXPECT_TRUE(rewrites(&number, column("int8", {}), false));
}

}  // namespace
}  // namespace pgcontract::lint
