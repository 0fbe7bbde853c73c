#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "command/init_alembic.hpp"
#include "command/init_file.hpp"
#include "command/init_waivers.hpp"
#include "command/list.hpp"
#include "command/world.hpp"
#include "contract/environment.hpp"
#include "contract/load.hpp"
#include "contract/rules.hpp"
#include "contract/starter.hpp"
#include "observe/observe.hpp"
#include "report/progress.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::command {
namespace {

namespace fs = std::filesystem;

// A Place before there is a contract: relative paths on the command line start at the working directory.
Result<Place> place_from(const std::string& source) {
  if (source.empty())
    return fail(ErrorCode::Usage, "which database?",
                "Say where its DSN is: --from env:DATABASE_URL or --from file:/run/secrets/postgres-dsn.");
  if (const auto complaint = contract::check(contract::rule::kDsnFrom, source))
    return fail(ErrorCode::Usage, "--from " + complaint->message, complaint->hint);
  std::error_code error;
  Place place;
  place.contract.directory = fs::current_path(error).string();
  if (error) return fail(ErrorCode::Io, "the working directory is gone", "Change to a directory that exists.");
  place.contract.migrations = Migrations{};  // so that version tables are read
  place.environment.name = contract::kStarterEnvironment;
  place.environment.source = source.starts_with("env:") ? Environment::Source::Variable : Environment::Source::File;
  place.environment.variable_or_path = source.substr(source.find(':') + 1);
  return place;
}

Result<std::string> name_from(const Arguments& arguments) {
  std::string name = arguments.get("--name");
  if (!arguments.has("--name")) return name;
  if (const auto complaint = contract::check(contract::rule::kContractName, name))
    return fail(ErrorCode::Usage, "--name " + complaint->message, complaint->hint);
  return name;
}

// A name the contract may carry, made from the database's.
std::string name_of(std::string_view database) {
  std::string name;
  for (char c : database) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    name += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ? c : '_';
  }
  if (name.empty() || name.front() < 'a' || name.front() > 'z') name.insert(0, "db_");
  return name.substr(0, 63);
}

// A path of the command line as the contract has to say it: from its own directory. The last part stays as it is,
// because a mounted secret is a link that moves.
std::string seen_from(const std::string& directory, const std::string& path) {
  const fs::path given(path);
  std::error_code error;
  const fs::path folder = fs::relative(given.has_parent_path() ? given.parent_path() : fs::path("."), directory, error);
  return error || folder.empty() ? fs::absolute(given, error).string()
                                 : (folder / given.filename()).lexically_normal().string();
}

std::string dsn_from(const std::string& source, const std::string& directory) {
  if (!source.starts_with("file:")) return source;
  const std::string path = source.substr(5);
  return "file:" + (path.starts_with('/') ? path : seen_from(directory, path));
}

// A draft that does not parse is our mistake, whatever the database holds.
Result<Contract> parsed(const std::string& text, const std::string& output, const std::string& directory) {
  auto contract = contract::parse_contract(text, output, directory);
  if (contract) return std::move(*contract);
  Error error = contract.error().front();
  error.code = ErrorCode::Bug;
  return with_context(std::move(error), "the contract made from this database");
}

struct Draft {
  std::string text;
  World world;
};
// Leaves the parsed contract, with its waivers, in `place`.
Result<Draft> draft(postgres::Connection& connection, Place& place, const std::string& output,
                    contract::StarterOptions options) {
  Draft draft;
  PGC_TRY(draft.world.observation, observe::observe_server(connection, place.contract));
  if (draft.world.observation.server.version_num < 140000)
    return fail(ErrorCode::Unsupported, "the server is older than PostgreSQL 14: its catalog is not read",
                "Upgrade it first.");
  const std::string directory = fs::absolute(output).lexically_normal().parent_path().string();
  if (!draft.world.observation.version_tables.empty()) {
    const auto found = find_alembic(place.contract.directory, directory, draft.world.observation);
    if (!found.config.empty()) options.alembic_config = seen_from(directory, found.config);
    options.application_section = found.application_section;
    options.tenant_section = found.tenant_section;
  }
  options.dsn_from = dsn_from(options.dsn_from, directory);
  if (options.name.empty()) options.name = name_of(draft.world.observation.server.database);
  const std::string starter = contract::starter_contract(draft.world.observation, options);
  PGC_TRY(place.contract, parsed(starter, output, directory));
  // Only now is it known which files belong to it.
  if (place.contract.migrations) {
    PGC_TRY(draft.world.observation, observe::observe_world(connection, place.contract));
  }
  const Judged without = judged(place, draft.world.observation);
  draft.text = with_verdicts(starter, compare::judge(without), without.today);
  PGC_TRY(place.contract, parsed(draft.text, output, directory));
  draft.world.verdicts = compare::judge(judged(place, draft.world.observation));
  return draft;
}

std::vector<std::string> notes_on(const Place& place, const World& world, const std::string& output) {
  const Contract& contract = place.contract;
  std::vector<std::string> notes = {
      fmt::format("wrote {}: every guess in it says what it was seen in", output),
      fmt::format("application schema {}, table prefixes {}", pgcontract::quoted(contract.schemas.application.name),
                  contract.conventions.table_prefixes.empty()
                      ? "none"
                      : fmt::format("{}", fmt::join(contract.conventions.table_prefixes, ", ")))};
  if (contract.migrations) notes.push_back(fmt::format("migrations by {}", contract.migrations->config));
  if (contract.tenancy)
    notes.push_back(fmt::format("{} tenants by schemas {} and roles {}",
                                tenancy::tenants(contract, world.observation).size(), contract.tenancy->schema_pattern,
                                contract.tenancy->role_pattern));
  else
    notes.push_back("no schema looks like a tenant's: the tenancy section is there, commented out");
  for (const auto& [fact, why] : world.observation.unreadable)
    notes.push_back(fmt::format("could not read {}: {}", to_string(fact), why));
  std::vector<std::string> broken;
  for (const auto& result : world.verdicts.clauses)
    if (result.verdict == Verdict::Broken) broken.push_back(result.clause);
  notes.push_back(fmt::format("{} clauses hold, {} are waived for 90 days by {} waivers to read, {} unknown",
                              world.verdicts.count(Verdict::Holds), world.verdicts.count(Verdict::Waived),
                              contract.waivers.size(), world.verdicts.count(Verdict::Unknown)));
  if (!broken.empty()) notes.push_back(fmt::format("still broken: {}", fmt::join(broken, ", ")));
  return notes;
}

}  // namespace

Result<Report> run_init(const Arguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  PGC_TRY(Place place, place_from(arguments.get("--from")));
  contract::StarterOptions options;
  options.dsn_from = arguments.get("--from");
  PGC_TRY(options.name, name_from(arguments));
  const std::string output = arguments.get("--output", arguments.contract_file);
  PGC_CHECK(check_output(output, arguments.yes));
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  progress.begin("reading the catalog of " + dsn.describe(), 0);
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  PGC_TRY(const Draft draft, draft(connection, place, output, std::move(options)));
  progress.end();
  PGC_CHECK(write_whole_file(output, draft.text, arguments.yes));
  Report report;
  report.command = "init";
  report.scene = scene_of(place, dsn.describe(), &draft.world);
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.notes = notes_on(place, draft.world, output);
  const std::string named = output == "contract.yaml" ? "" : fmt::format("--contract {} ", output);
  report.next = {fmt::format("pgcontract {}verify", named), fmt::format("pgcontract {}plan", named)};
  return report;
}

}  // namespace pgcontract::command
