#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <set>

#include "command/bring.hpp"
#include "command/init_file.hpp"
#include "command/list.hpp"
#include "command/tenant_input.hpp"
#include "command/tenant_state.hpp"
#include "contract/tombstones.hpp"
#include "plan/lifecycle.hpp"
#include "report/progress.hpp"
#include "report/render.hpp"
#include "tenancy/tombstones.hpp"

namespace pgcontract::command {
namespace {

constexpr std::string_view kClause = "tenancy.deleted_stay_deleted";
constexpr std::size_t kShownOneByOne = 20;  // tenants; of more, inventories are kept as evidence only

class Removal {
 public:
  Removal(const Place& place, const postgres::Dsn& dsn, const Arguments& arguments, std::vector<Uuid> asked,
          int workers)
      : place_(place), dsn_(dsn), arguments_(arguments), asked_(std::move(asked)), workers_(workers) {}

  Result<Plan> plan(const World& world) {
    if (world.observation.registry.version != tenancy::kSchemaVersion)
      return fail(ErrorCode::NotFound, "this database is not under the contract yet", "Run first: pgcontract apply");
    if (arguments_.has("--replay"))
      for (const auto& tenant : tenancy::risen(place_.contract, world.observation)) asked_.push_back(tenant.id);
    PGC_TRY(auto connection, postgres::Connection::open(dsn_));
    PGC_TRY(const auto unproved, unproved_deletions(connection));
    for (const auto& id : asked_) choose(world.observation, id, unproved.contains(id));
    if (chosen_.empty()) return Plan{};
    PGC_CHECK(check_rights(connection));
    PGC_CHECK(check_may_become(connection, *place_.contract.tenancy, chosen_));
    PGC_TRY(const auto large_objects, large_objects_of(connection));
    const Judged view = judged(place_, world.observation);
    if (!arguments_.yes) PGC_CHECK(ask(connection, view, large_objects));
    return plan::delete_tenants(view, {chosen_, large_objects, workers_});
  }

  std::vector<Outcome>& outcomes() { return outcomes_; }
  const std::vector<Uuid>& chosen() const { return chosen_; }

 private:
  // What the registry does not know and no tombstone names is not ours to delete.
  void choose(const Observation& seen, const Uuid& id, bool unproved) {
    const bool here = unproved || seen.schema_named(place_.contract.tenancy->schema_of(id)) ||
                      seen.role_named(place_.contract.tenancy->role_of(id));
    const bool deleted = !tenancy::deleted_at(seen, id).empty();
    if (living_tenant(seen, id) || (deleted && here))
      chosen_.push_back(id);
    else if (deleted)
      outcomes_.push_back(outcome_on(id, kClause, std::nullopt));
    else
      outcomes_.push_back(outcome_on(id, kClause, no_such_tenant(seen, id)));
  }

  // A run that was killed, or failed, between the deletion and the proof of it.
  static Result<std::set<Uuid>> unproved_deletions(postgres::Connection& connection) {
    std::set<Uuid> ids;
    PGC_TRY(
        const auto rows,
        connection.query(
            "SELECT t.id FROM pgcontract.tenant AS t WHERE t.state OPERATOR(pg_catalog.=) 'deleted' AND NOT EXISTS "
            "(SELECT FROM pgcontract.evidence AS e WHERE e.subject OPERATOR(pg_catalog.=) t.id::pg_catalog.text AND "
            "e.kind OPERATOR(pg_catalog.=) 'tenant_absent' AND e.recorded_at OPERATOR(pg_catalog.>=) "
            "t.deleted_at)"));
    for (int i = 0; i < rows.size(); ++i) {
      PGC_TRY(const Uuid id, Uuid::parse(rows.at(i, 0)));
      ids.insert(id);
    }
    return ids;
  }

  // Shared tables force row-level security on their owner too, so only who bypasses it can prove that no row is left.
  static Result<void> check_rights(postgres::Connection& connection) {
    PGC_TRY(const auto rows,
            connection.query("SELECT r.rolsuper OR r.rolbypassrls FROM pg_catalog.pg_roles AS r WHERE r.rolname "
                             "OPERATOR(pg_catalog.=) current_user"));
    if (!rows.empty() && rows.at(0, 0) == "t") return {};
    return fail(ErrorCode::Permission, "the role of the DSN does not see every row of the shared tables",
                "Deletion needs a superuser, or a role with BYPASSRLS and CREATEROLE that is a member of the owner and "
                "of the tenants' roles; nothing was changed.");
  }

  Result<std::map<Uuid, std::int64_t>> large_objects_of(postgres::Connection& connection) const {
    std::map<Uuid, std::int64_t> counts;
    PGC_TRY(const auto rows,
            connection.query("SELECT r.rolname, pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata AS m JOIN "
                             "pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) m.lomowner GROUP BY r.rolname"));
    for (int i = 0; i < rows.size(); ++i)
      if (const auto id = place_.contract.tenancy->tenant_of_role(rows.at(i, 0)))
        counts.emplace(*id, std::stoll(std::string(rows.at(i, 1))));
    return counts;
  }

  // What refuses the deletion comes before the question, and so does what the tenant has.
  Result<void> ask(postgres::Connection& connection, const Judged& view,
                   const std::map<Uuid, std::int64_t>& large_objects) const {
    if (isatty(STDIN_FILENO) == 0)
      return fail(ErrorCode::Usage, fmt::format("there is no terminal to confirm the deletion of {} on", what()),
                  "Add --yes to answer it beforehand.");
    Report report;
    report.command = "tenant delete";
    Table table{"inventory", {{"object", "OBJECT"}, {"kind", "KIND"}, {"rows", "ROWS"}, {"bytes", "BYTES"}}, {}};
    PGC_CHECK(connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL row_security = off"));
    for (const auto& id : chosen_) {
      for (const auto& check : plan::deletion_checks(view, id))
        if (auto checked = connection.execute(check); !checked)
          return with_context(checked.error(), "tenant " + id.canonical());
      if (chosen_.size() > kShownOneByOne) continue;
      const auto large = large_objects.find(id);
      const auto query = plan::inventory_query(view, id, large == large_objects.end() ? 0 : large->second);
      if (query.empty()) continue;
      PGC_TRY(const auto rows, connection.query(query));
      for (int i = 0; i < rows.size(); ++i) {
        table.rows.emplace_back();
        for (int column = 0; column < 4; ++column) table.rows.back().emplace_back(rows.at(i, column));
      }
    }
    PGC_CHECK(connection.execute("ROLLBACK"));
    report.tables = {std::move(table)};
    fmt::print(stderr, "{}", report::render(report, Format::Text, report::Style{}));
    if (!typed(fmt::format("All of it goes for good, on {}.", dsn_.describe()), what()))
      return fail(ErrorCode::Cancelled, "nothing was deleted");
    return {};
  }

  std::string what() const {
    return chosen_.size() == 1 ? chosen_.front().canonical() : fmt::format("{} tenants", chosen_.size());
  }

  const Place& place_;
  const postgres::Dsn& dsn_;
  const Arguments& arguments_;
  std::vector<Uuid> asked_;
  int workers_;
  std::vector<Uuid> chosen_;
  std::vector<Outcome> outcomes_;  // of those that need no step
};

// Held by one process at a time, and let go at the latest by its end. A file system that knows no locks has none.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder)
      : file_(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    while (file_ >= 0 && flock(file_, LOCK_EX) != 0 && errno == EINTR) continue;
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock() {
    if (file_ >= 0) close(file_);
  }

 private:
  int file_;
};

// Writes down what the registry calls deleted and the file does not, this run's deletions and any that a killed run
// committed without getting here.
Result<std::size_t> keep_tombstones(const Place& place, const Observation& seen) {
  const std::string path = contract::tombstones_path(place.contract);
  const auto missing = tenancy::unkept(seen);
  if (missing.empty()) return 0;
  // Deletions in other environments write the same file. The lock is the folder's, since the file is replaced.
  const FolderLock lock(std::filesystem::path(path).parent_path());
  PGC_TRY(auto lines, contract::read_tombstones(path));
  for (const auto* tenant : missing)
    lines.push_back({tenant->id, place.environment.name, std::string(seen.server.database),
                     std::string(seen.server.system_identifier), std::string(tenant->deleted_at),
                     std::string(tenant->inventory_sha256)});
  PGC_CHECK(write_whole_file(path, contract::tombstones_text(lines), /*overwrite=*/true));
  return missing.size();
}

// Of an id that is used again, the last life alone: since the deletion before the one that made its tombstone.
constexpr std::string_view kLives =
    "WITH lives AS (SELECT t.*, t.id::pg_catalog.text AS subject, COALESCE((SELECT d.id FROM pgcontract.evidence AS d "
    "WHERE d.subject OPERATOR(pg_catalog.=) t.id::pg_catalog.text AND d.kind OPERATOR(pg_catalog.=) 'tenant_deleted' "
    "ORDER BY d.id DESC OFFSET CASE t.state WHEN 'deleted' THEN 1 ELSE 0 END LIMIT 1), 0) AS since "
    "FROM pgcontract.tenant AS t WHERE t.id OPERATOR(pg_catalog.=) ANY ($1::pg_catalog._uuid))";

// What was there, from the evidence that the deleting transactions left.
Result<std::vector<Table>> evidence_of(const postgres::Dsn& dsn, const std::vector<Uuid>& ids) {
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  std::string list;
  for (const auto& id : ids) list += (list.empty() ? "{" : ",") + id.canonical();
  PGC_TRY(
      const auto rows,
      connection.query(
          fmt::format(
              "{} SELECT l.id, pg_catalog.to_char(l.deleted_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), "
              "(SELECT pg_catalog.sum((e.detail OPERATOR(pg_catalog.->>) 'rows')::pg_catalog.int8) FROM "
              "pgcontract.evidence AS e WHERE e.subject OPERATOR(pg_catalog.=) l.subject AND e.id "
              "OPERATOR(pg_catalog.>) l.since AND e.kind OPERATOR(pg_catalog.=) 'tenant_inventory'), "
              "l.inventory_sha256, EXISTS (SELECT FROM pgcontract.evidence AS e WHERE e.subject OPERATOR(pg_catalog.=) "
              "l.subject AND e.kind OPERATOR(pg_catalog.=) 'tenant_absent' AND e.recorded_at "
              "OPERATOR(pg_catalog.>=) l.deleted_at) FROM lives AS l WHERE l.state OPERATOR(pg_catalog.=) 'deleted' "
              "ORDER BY l.id",
              kLives),
          {list + "}"}));
  std::vector<Table> tables = {{"deleted",
                                {{"id", "ID"},
                                 {"deleted_at", "DELETED AT"},
                                 {"rows", "ROWS"},
                                 {"inventory_sha256", "INVENTORY SHA-256"},
                                 {"absence_proved", "NOTHING LEFT"}},
                                {}}};
  for (int i = 0; i < rows.size(); ++i)
    tables[0].rows.push_back({std::string(rows.at(i, 0)), std::string(rows.at(i, 1)), std::string(rows.at(i, 2)),
                              std::string(rows.at(i, 3)), rows.at(i, 4) == "t" ? "proved" : "not proved"});
  if (ids.size() > kShownOneByOne) return tables;
  PGC_TRY(
      const auto objects,
      connection.query(
          fmt::format("{} SELECT e.subject, o.object, o.kind, o.rows, o.bytes, o.sha256 FROM lives AS l JOIN "
                      "pgcontract.evidence AS e ON e.subject OPERATOR(pg_catalog.=) l.subject AND e.id "
                      "OPERATOR(pg_catalog.>) l.since CROSS JOIN LATERAL pg_catalog.jsonb_to_recordset(e.detail "
                      "OPERATOR(pg_catalog.->) 'objects') AS o(object text, kind text, rows int8, bytes int8, sha256 "
                      "text) WHERE e.kind OPERATOR(pg_catalog.=) 'tenant_inventory' ORDER BY 1, e.id, 2",
                      kLives),
          {list + "}"}));
  Table inventory{"inventory",
                  {{"id", "ID"},
                   {"object", "OBJECT"},
                   {"kind", "KIND"},
                   {"rows", "ROWS"},
                   {"bytes", "BYTES"},
                   {"sha256", "SHA-256"}},
                  {}};
  for (int i = 0; i < objects.size(); ++i) {
    inventory.rows.emplace_back();
    for (int column = 0; column < objects.columns(); ++column)
      inventory.rows.back().emplace_back(objects.at(i, column));
  }
  tables.push_back(std::move(inventory));
  return tables;
}

}  // namespace

Result<Report> run_tenant_delete(const Arguments& arguments) {
  std::vector<Uuid> asked;
  if (!arguments.has("--replay")) {
    PGC_TRY(const auto tenants, asked_tenants(arguments));
    asked = ids_of(tenants);
  } else if (arguments.has("--from") || !arguments.positionals.empty()) {
    return fail(ErrorCode::Usage, "--replay takes its tenants from the tombstones: name none");
  }
  PGC_TRY(const Place place, open_place(arguments));
  if (!place.contract.tenancy) return fail(ErrorCode::Usage, "the contract has no tenancy section");
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  PGC_TRY(const act::Options options, act_options(arguments, place, "tenant delete"));
  // A deletion whose tombstone cannot be kept would not outlive a restore: better not begun.
  PGC_CHECK(check_output(contract::tombstones_path(place.contract), /*overwrite=*/true));
  Removal removal(place, dsn, arguments, std::move(asked), options.workers);
  PGC_TRY(Brought brought,
          carry_out(place, dsn, [&](const World& world) { return removal.plan(world); }, options, arguments));
  auto& others = removal.outcomes();
  if (removal.chosen().empty() && others.size() == 1 && others.front().error) return fail(*others.front().error);
  Report report;
  report.command = "tenant delete";
  report.scene = scene_of(place, dsn.describe(), &brought.world);
  const auto kept = keep_tombstones(place, brought.world.observation);
  if (kept && *kept > 0)
    report.notes.push_back(fmt::format("{} written to {}: keep it under version control",
                                       *kept == 1 ? "1 tombstone" : fmt::format("{} tombstones", *kept),
                                       place.contract.tenancy->tombstones));
  if (!kept) report.error = kept.error();
  if (!removal.chosen().empty()) {
    if (brought.application.count(StepState::Done) > 0) {
      PGC_TRY(report.tables, evidence_of(dsn, removal.chosen()));
    }
    report.next = {"pgcontract verify"};
  } else {
    report.notes.push_back("nothing is there to delete");
  }
  put_first(std::move(others), brought.application);
  report.application = std::move(brought.application);
  return report;
}

}  // namespace pgcontract::command
