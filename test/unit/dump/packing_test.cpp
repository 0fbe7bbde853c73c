#include "dump/packing.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace pgcontract::dump {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

SchemaLoad load(const std::string& name, int locks, std::vector<std::size_t> needs = {}, bool with_database = false) {
  SchemaLoad schema;
  schema.name = name;
  schema.locks = locks;
  schema.tables = locks;
  schema.bytes = 8192;
  schema.needs = std::move(needs);
  schema.with_database = with_database;
  return schema;
}

const LockSpace kDefault{64, 100, 0, 100};

TEST(Packing, ten_thousand_tables_fit_default_settings) {
  std::vector<SchemaLoad> schemas;
  for (int i = 0; i < 500; ++i) schemas.push_back(load(fmt::format("tenant_{}", i), 40));
  const auto packing = pack(schemas, kDefault, 2);
  ASSERT_TRUE(packing);
  EXPECT_EQ(packing->jobs, 2);
  int total = 0;
  for (const auto& batch : packing->batches) {
    EXPECT_LE(batch.locks, packing->budget);
    total += batch.locks;
  }
  EXPECT_EQ(total, 20'000);
  EXPECT_LE(packing->jobs * packing->budget, (6'400 - 100) * 3 / 4);
  EXPECT_LE(packing->batches.size(), 12U);
}

TEST(Packing, a_schema_that_does_not_fit_is_refused_with_the_setting_it_takes) {
  const auto packing = pack({load("small", 10), load("big", 7'000)}, kDefault, 2);
  ASSERT_FALSE(packing);
  EXPECT_THAT(packing.error().message, HasSubstr("schema big locks 7000"));
  EXPECT_THAT(packing.error().hint, HasSubstr("max_locks_per_transaction to 95"));
  EXPECT_TRUE(pack({load("small", 10), load("big", 7'000)}, {95, 100, 0, 100}, 2));
}

TEST(Packing, fewer_at_once_where_a_schema_needs_the_room) {
  const auto packing = pack({load("a", 3'000), load("b", 3'000)}, kDefault, 2);
  ASSERT_TRUE(packing);
  EXPECT_EQ(packing->jobs, 1);
  EXPECT_EQ(packing->batches.size(), 2U);
}

TEST(Packing, what_the_database_needs_goes_with_it) {
  // public needs a, a needs b; c needs public.
  const auto packing =
      pack({load("public", 1, {1}, true), load("a", 1, {2}), load("b", 1), load("c", 1, {0})}, kDefault, 1);
  ASSERT_TRUE(packing);
  std::ranges::sort(const_cast<Packing&>(*packing).database.schemas);
  EXPECT_THAT(packing->database.schemas, ElementsAre(0, 1, 2));
  ASSERT_EQ(packing->batches.size(), 1U);
  EXPECT_THAT(packing->batches[0].schemas, ElementsAre(3));
}

// Random graphs: every schema once, a circle never torn, and nothing before what it needs.
TEST(PackingProperty, a_batch_needs_only_what_stands_before_it) {
  std::mt19937 random(7);
  const auto pick = [&](std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random); };
  for (int round = 0; round < 300; ++round) {
    std::vector<SchemaLoad> schemas;
    const std::size_t count = 1 + pick(60);
    for (std::size_t i = 0; i < count; ++i) {
      SchemaLoad schema = load(fmt::format("s{}", i), static_cast<int>(pick(120)), {}, pick(20) == 0);
      schema.bytes = pick(1'000'000);
      for (std::size_t edges = pick(3); edges > 0; --edges) schema.needs.push_back(pick(count));
      schemas.push_back(std::move(schema));
    }
    const auto packing = pack(schemas, {256, 100, 0, 0}, static_cast<int>(1 + pick(4)));
    ASSERT_TRUE(packing);
    std::vector<int> place(count, -1);
    for (const auto i : packing->database.schemas) place[i] = 0;
    for (std::size_t b = 0; b < packing->batches.size(); ++b) {
      EXPECT_LE(packing->batches[b].locks, packing->budget);
      for (const auto i : packing->batches[b].schemas) {
        EXPECT_EQ(place[i], -1);
        place[i] = static_cast<int>(b) + 1;
      }
    }
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_GE(place[i], 0);
      for (const auto needed : schemas[i].needs) EXPECT_LE(place[needed], place[i]);
    }
  }
}

}  // namespace
}  // namespace pgcontract::dump
