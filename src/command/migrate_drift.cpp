#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>

#include "alembic/command.hpp"
#include "command/drift.hpp"
#include "command/fleet_proof.hpp"
#include "command/list.hpp"
#include "fingerprint/design.hpp"
#include "fingerprint/mend.hpp"
#include "fingerprint/read.hpp"
#include "rehearse/disposable.hpp"
#include "report/progress.hpp"

namespace pgcontract::command {
namespace {

using fingerprint::SchemaFingerprint;
using fingerprint::Wanted;
using Fingerprints = std::vector<SchemaFingerprint>;
using WordsOf = std::function<Wanted(const std::string& schema)>;

// What is compared: every tenant's schema, and the application's.
struct Compared {
  std::vector<Wanted> tenants;
  std::vector<Wanted> shared;  // the application's; one given by --against
};

Result<Compared> compared_in(postgres::Connection& connection, const Contract& contract, const std::string& against) {
  PGC_TRY(const auto rows, connection.query("SELECT n.nspname FROM pg_catalog.pg_namespace AS n ORDER BY n.nspname"));
  Compared scope;
  bool found = against.empty() || against == kAgainstDatabase;
  for (int row = 0; row < rows.size(); ++row) {
    const std::string name(rows.at(row, 0));
    const auto tenant = contract.tenancy ? contract.tenancy->tenant_of_schema(name) : std::nullopt;
    if (tenant) scope.tenants.push_back(fingerprint::tenant_wanted(*contract.tenancy, *tenant));
    if (!tenant && (name == against || (against == kAgainstDatabase && name == contract.schemas.application.name)))
      scope.shared.push_back({name, {}});
    found = found || name == against;
  }
  if (!found)
    return fail(ErrorCode::NotFound, fmt::format("there is no schema {}", quoted(against)),
                "--against takes the name of a schema, or the word database.");
  return scope;
}

Result<std::vector<std::string>> named_schemas(const Arguments& arguments, const Tenancy& tenancy) {
  std::vector<std::string> schemas;
  const std::string given = arguments.get("--tenant");
  for (std::string_view rest = given; !rest.empty();) {
    const auto comma = rest.find(',');
    PGC_TRY(const Uuid id, tenant_argument(std::string(rest.substr(0, comma))));
    schemas.push_back(tenancy.schema_of(id));
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
  }
  return schemas;
}

std::string heads_text(const SchemaFingerprint& schema) {
  if (!schema.has_version_table) return "no version table";
  return schema.heads.empty() ? "base" : fmt::format("{}", fmt::join(schema.heads, ", "));
}

using ByHeads = std::map<std::string, std::vector<const SchemaFingerprint*>>;
ByHeads by_heads(const Fingerprints& schemas) {
  ByHeads groups;
  for (const auto& schema : schemas) groups[heads_text(schema)].push_back(&schema);
  return groups;
}

Drift compare_tenants(const Fingerprints& tenants) {
  Drift drift;
  for (const auto& [heads, alike] : by_heads(tenants)) {
    if (alike.size() == 1)
      drift.uncompared.push_back(fmt::format("{}: no other tenant is at {}", alike.front()->schema, heads));
    else
      drift.sets.push_back(fingerprint::compare_alike("tenants at " + heads, alike));
  }
  std::ranges::stable_sort(drift.sets, std::ranges::greater{}, &DriftSet::members);
  return drift;
}

// Builds the schema once more from its migrations, at the same head, and compares.
Result<void> compare_built(const Place& place, rehearse::DisposableDatabase& database, const std::string& section,
                           const Wanted& built, const std::string& name,
                           const std::vector<const SchemaFingerprint*>& schemas, const WordsOf& words_of,
                           report::Progress& progress, Drift& drift, std::size_t& left_out) {
  const SchemaFingerprint& first = *schemas.front();
  if (first.heads.size() != 1) {
    drift.uncompared.push_back(fmt::format("{}: at {}, which is not one revision", name, heads_text(first)));
    return {};
  }
  progress.begin(fmt::format("building {} at {}", name, first.heads.front()), 0);
  const auto ran = database.upgrade(place.contract, section, built.schema, first.heads.front(),
                                    [&](std::string_view line) { progress.advance(0, line); });
  if (!ran && ran.error().code != ErrorCode::Process) return ran;
  if (!ran) {
    drift.uncompared.push_back(fmt::format("{}: {}", name, alembic::last_line(ran.error().message)));
    return {};
  }
  PGC_TRY(auto connection, postgres::Connection::open(database.dsn()));
  PGC_TRY(auto expected,
          fingerprint::read_fingerprints(connection, {built}, {place.contract.migrations->version_table}));
  DriftSet set = fingerprint::compare_with(name, expected.front(), schemas);
  left_out += fingerprint::without_the_design(set);
  PGC_CHECK(fingerprint::add_mends(connection, built, words_of, set));
  set.reference = "the migrations at " + first.heads.front();
  drift.sets.push_back(std::move(set));
  return {};
}

Result<Drift> compare_with_database(const Place& place, const postgres::Dsn& dsn, const Fingerprints& tenants,
                                    const Fingerprints& shared, const WordsOf& words_of, report::Progress& progress,
                                    std::size_t& left_out) {
  if (!place.contract.migrations) return fail(ErrorCode::Usage, "the contract has no migrations section");
  const Migrations& migrations = *place.contract.migrations;
  progress.begin("making a disposable database", 0);
  PGC_TRY(auto database, rehearse::DisposableDatabase::create(place.contract, dsn));
  Drift drift;
  for (const auto& schema : shared)
    PGC_CHECK(compare_built(place, database, migrations.application_section, {schema.schema, {}}, schema.schema,
                            {&schema}, words_of, progress, drift, left_out));
  if (!migrations.tenant_section.empty())
    for (const auto& [heads, alike] : by_heads(tenants))
      PGC_CHECK(compare_built(place, database, migrations.tenant_section,
                              fingerprint::tenant_wanted(*place.contract.tenancy, Uuid::random()),
                              "tenants at " + heads, alike, words_of, progress, drift, left_out));
  PGC_CHECK(database.drop());
  return drift;
}

// Keeps of each set only what was asked for.
void keep_only(const std::vector<std::string>& schemas, Drift& drift) {
  for (auto& set : drift.sets) {
    for (auto& group : set.groups)
      std::erase_if(group.schemas,
                    [&](const std::string& schema) { return std::ranges::find(schemas, schema) == schemas.end(); });
    std::erase_if(set.groups, [](const DriftGroup& group) { return group.schemas.empty(); });
  }
}

Wanted words_of(const Compared& scope, const std::string& schema) {
  for (const auto* list : {&scope.tenants, &scope.shared})
    for (const auto& wanted : *list)
      if (wanted.schema == schema) return wanted;
  return {schema, {}};
}

}  // namespace

// The schemas of the scope read in one snapshot, and compared as asked.
Result<Drift> find_drift(const Place& place, const postgres::Dsn& dsn, const std::string& against,
                         report::Progress& progress, int& tenants, std::size_t& left_out) {
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  PGC_TRY(const Compared scope, compared_in(connection, place.contract, against));
  tenants = static_cast<int>(scope.tenants.size());
  std::vector<Wanted> wanted = scope.tenants;
  wanted.insert(wanted.end(), scope.shared.begin(), scope.shared.end());
  fingerprint::ReadOptions options;
  if (place.contract.migrations) options.version_table = place.contract.migrations->version_table;
  PGC_TRY(Fingerprints read, fingerprint::read_fingerprints(connection, wanted, options));
  Fingerprints shared(std::make_move_iterator(read.begin() + tenants), std::make_move_iterator(read.end()));
  read.resize(static_cast<std::size_t>(tenants));
  const WordsOf words = [&](const std::string& schema) { return words_of(scope, schema); };
  if (against == kAgainstDatabase) return compare_with_database(place, dsn, read, shared, words, progress, left_out);
  Drift drift;
  if (against.empty()) {
    drift = compare_tenants(read);
  } else {
    const auto named = std::ranges::find(read, against, &SchemaFingerprint::schema);
    const SchemaFingerprint& expected = named != read.end() ? *named : shared.front();
    std::vector<const SchemaFingerprint*> all;
    for (const auto& schema : read) all.push_back(&schema);
    drift.sets.push_back(fingerprint::compare_with("tenants against " + against, expected, all));
  }
  for (auto& set : drift.sets) PGC_CHECK(fingerprint::add_mends(connection, words(set.reference), words, set));
  return drift;
}

Result<Report> run_migrate_drift(const Arguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  PGC_TRY(const Place place, open_place(arguments));
  const std::string against = arguments.get("--against");
  if (!place.contract.tenancy && against != kAgainstDatabase)
    return fail(ErrorCode::Usage, "the contract has no tenancy section: there are no schemas that should be alike",
                "Use --against database.");
  std::vector<std::string> named;
  if (place.contract.tenancy) {
    PGC_TRY(named, named_schemas(arguments, *place.contract.tenancy));
  }
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  progress.begin("reading the catalog of " + dsn.describe(), 0);
  Report report;
  report.command = "migrate drift";
  report.scene = scene_of(place, dsn.describe(), nullptr);
  std::size_t left_out = 0;
  PGC_TRY(report.drift, find_drift(place, dsn, against, progress, report.scene.tenants, left_out));
  progress.end();
  if (!named.empty()) keep_only(named, *report.drift);
  // Among tenants a single one has nobody to be like; what the migrations should make and do not is a finding.
  report.finds = against == kAgainstDatabase && !report.drift->uncompared.empty();
  if (left_out > 0)
    report.notes.push_back(
        fmt::format("left out: {} differences in privileges, owners of schemas, and policies that no "
                    "migration makes; apply adds these, and verify judges them",
                    left_out));
  if (report.drift->found() && against != kAgainstDatabase)
    report.next = {"pgcontract migrate drift --against database"};
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace pgcontract::command
