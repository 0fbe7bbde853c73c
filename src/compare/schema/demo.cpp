#include <algorithm>

#include "compare/declarations.hpp"
#include "compare/schema/existence.hpp"

namespace pgcontract::compare {
namespace {

bool is_wanted(const DemoSchema& demo, const Environment& environment) {
  if (demo.environments.empty()) return !environment.production;
  return std::ranges::find(demo.environments, environment.name) != demo.environments.end();
}

Examined check(const Judged& judged) {
  const auto& demo = judged.contract.schemas.demo;
  if (!demo) return {{}, "no demo schema in the contract", {}};
  if (!is_wanted(*demo, judged.environment))
    return {{}, fmt::format("not asked for in environment {}", judged.environment.name), {}};
  return check_schema_exists(judged, demo->name);
}

}  // namespace

const Clause kSchemaDemo = {
    .id = "schema.demo",
    .title = "demo content has its schema, where the contract wants it",
    .sentence = "Demo content schema: stratmaster_demo (created by seeds/seed_demo.py).",
    .why =
        "Demo rows that live among real ones are exported, billed and migrated with them. In a schema of their own "
        "they can be seeded, shown and dropped alone.",
    .needs = {Fact::Schemas},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
