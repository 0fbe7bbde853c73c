#include <fmt/ranges.h>

#include "compare/declarations.hpp"
#include "compare/migrations/version_rows.hpp"
#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

Examined check(const Judged& judged) {
  if (!judged.contract.migrations) return {{}, "no migrations in the contract", {}};
  Examined examined;
  const RevisionGraph& graph = judged.observation.migrations.application;
  if (examined.unknown = unreadable_graph(graph); !examined.unknown.empty()) return examined;
  VersionRows rows(graph);
  examined.examined = rows.wanted().empty() ? "no revisions" : fmt::format("at {}", fmt::join(rows.wanted(), ", "));
  const std::string& application = judged.contract.schemas.application.name;
  const Schema* schema = judged.observation.schema_named(application);
  // A schema that is not there yet is as far from the head as one without a version table.
  Schema absent;
  absent.name = application;
  if (auto finding = rows.judge(judged, schema ? *schema : absent)) examined.findings.push_back(*std::move(finding));
  return examined;
}

}  // namespace

const Clause kMigrationsAtHead = {
    .id = "migrations.at_head",
    .title = "the application's schema has every migration",
    .sentence = "Apply migrations via make migrate (wraps Alembic with env-aware DSN).",
    .why =
        "Code that meets an older schema fails on its first query; code that meets an unknown revision may be older "
        "than the schema itself. Alembic's own rows say which.",
    .needs = {Fact::MigrationFiles, Fact::Schemas, Fact::VersionTables},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
