// A check that scans lists inside lists takes hours at the design point. The bound is wide, since it must hold for a
// debug build on a busy machine, but a nested scan misses it a thousandfold.

#include <fmt/format.h>

#include <chrono>

#include "unit/compare/literal_world.hpp"

namespace pgcontract::compare {
namespace {

constexpr int kTenants = 1000;
constexpr int kTables = 20;
constexpr int kColumns = 6;

void fill(LiteralWorld& world) {
  // Columns are numbered through, and only the first of all is the 1 that each key names.
  world.relation(LiteralWorld::kApplication, "research_first");
  world.column("at", "timestamp with time zone", "now()");
  world.primary_key();
  for (int t = 0; t < kTenants; ++t) {
    const Oid schema = t == 0 ? LiteralWorld::kTenant : 100000 + static_cast<Oid>(t);
    if (t > 0)
      world.seen.schemas.push_back(
          {schema, world.seen.keep(fmt::format("tenant_{:032x}", t)), LiteralWorld::kOwner, "", ""});
    world.rows(schema, {"t3"});
    for (int i = 0; i < kTables; ++i) {
      world.relation(schema, world.seen.keep(fmt::format("research_{}", i)));
      for (int c = 0; c < kColumns; ++c) world.column("at", "timestamp with time zone", "now()");
      world.primary_key();
    }
  }
  world.seen.seal();
}

TEST(Scale, EachOfThousandTenantsCostsLittle) {
  LiteralWorld world;
  fill(world);
  const Judged judged{world.contract, world.environment, world.seen, world.today};
  for (const Clause& clause : clauses()) {
    if (!clause.check || clause.id.starts_with("tenancy.")) continue;
    const auto start = std::chrono::steady_clock::now();
    const Examined examined = clause.check(judged);
    const auto spent = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start);
    EXPECT_TRUE(examined.findings.empty()) << clause.id << ": " << examined.findings.front().message;
    EXPECT_LT(spent.count(), 2000) << clause.id;
    RecordProperty(std::string(clause.id), fmt::format("{:.1f} ms", spent.count()));
  }
}

}  // namespace
}  // namespace pgcontract::compare
