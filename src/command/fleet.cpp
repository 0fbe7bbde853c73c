#include "command/fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "alembic/graph.hpp"
#include "fleet/reach.hpp"

namespace pgcontract::command {

Result<Scope> scope_of(const Arguments& arguments, const Contract& contract) {
  if (!contract.migrations)
    return fail(ErrorCode::Usage, "the contract has no migrations section", "Add one: doc/contract.md.");
  Scope scope;
  scope.application = arguments.has("--application");
  scope.tenants = arguments.has("--tenants");
  const bool has_tenants = contract.tenancy && !contract.migrations->tenant_section.empty();
  if (scope.tenants && !has_tenants) return fail(ErrorCode::Usage, "the contract has no tenants with migrations");
  if (!scope.application && !scope.tenants) {
    scope.application = true;
    scope.tenants = has_tenants;
  }
  std::string rest = arguments.get("--tenants");
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    const std::string word = rest.substr(0, comma);
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
    if (word == "all") continue;
    auto id = contract.tenancy->tenant_of_schema(word);
    if (!id) {
      PGC_TRY(id, tenant_argument(word));
    }
    scope.only.push_back(*id);
  }
  std::ranges::sort(scope.only);
  return scope;
}

Result<Histories> read_histories(const Contract& contract, const Scope& scope) {
  const Migrations& migrations = *contract.migrations;
  const std::string config = (std::filesystem::path(contract.directory) / migrations.config).string();
  Histories out;
  if (scope.application)
    out.application = alembic::read_graph(config, migrations.application_section, contract.directory);
  if (scope.tenants) out.tenant = alembic::read_graph(config, migrations.tenant_section, contract.directory);
  return out;
}

Result<void> check_history(const RevisionGraph& graph) {
  if (graph.problems.empty()) return {};
  const auto& first = graph.problems.front();
  const auto more = graph.problems.size() - 1;
  return fail(ErrorCode::InvalidInput,
              fmt::format("the history [{}] cannot be followed: {}{}", graph.section, first.message,
                          more > 0 ? fmt::format(" (and {} more)", more) : ""),
              first.hint, first.where);
}

Result<Prepared> prepare(const Arguments& arguments, bool to_move) {
  PGC_TRY(Place place, open_place(arguments));
  PGC_TRY(Scope scope, scope_of(arguments, place.contract));
  PGC_TRY(Histories histories, read_histories(place.contract, scope));
  if (to_move && scope.application) PGC_CHECK(check_history(histories.application));
  if (to_move && scope.tenants) PGC_CHECK(check_history(histories.tenant));
  return Prepared{std::move(place), std::move(scope), std::move(histories)};
}

Result<void> for_each_history(const Prepared& prepared, Report& report,
                              const std::function<Result<void>(const RevisionGraph&)>& visit) {
  for (const bool application : {true, false}) {
    if (application ? !prepared.scope.application : !prepared.scope.tenants) continue;
    const RevisionGraph& graph = prepared.histories.of(application);
    PGC_CHECK(visit(graph));
    add_problems(graph, report);
  }
  return {};
}

Result<void> check_target(const std::string& target, const Scope& scope, const Arguments& arguments) {
  const bool said = arguments.has("--application") || arguments.has("--tenants");
  if (said || scope.application != scope.tenants || target == "head" || target == "heads") return {};
  return fail(ErrorCode::Usage, fmt::format("{} is a revision of one history", target),
              "Add --application, or --tenants all.");
}

Result<void> check_schemas(const fleet::Survey& survey, const Scope& scope, const Contract& contract) {
  if (scope.application && survey.application.schemas.empty())
    return fail(ErrorCode::NotFound,
                fmt::format("there is no schema {}", pgcontract::quoted(contract.schemas.application.name)),
                "Run first: pgcontract apply");
  for (const auto& id : scope.only) {
    const auto found = std::ranges::find(survey.tenants.schemas, std::optional(id), &FleetSchema::tenant);
    if (found == survey.tenants.schemas.end())
      return fail(ErrorCode::NotFound, fmt::format("there is no tenant {} with a schema", id.canonical()),
                  "See the tenants: pgcontract tenant list");
  }
  return {};
}

std::optional<std::string> joined(const std::vector<std::string>& list) {
  if (list.empty()) return std::nullopt;
  return fmt::format("{}", fmt::join(list, ", "));
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

void add_problems(const RevisionGraph& graph, Report& report) {
  for (const auto& problem : graph.problems)
    report.notes.push_back(fmt::format("{}: {}. {}", problem.where, problem.message, problem.hint));
}

namespace {

Error unreadable(const FleetSchema& schema) {
  return {ErrorCode::Conflict, schema.unreadable, "Once it can be read, run the command again.", {}, {}, {}};
}

}  // namespace

std::vector<Group> make_groups(const fleet::Survey& survey, const Histories& histories, const Scope& scope,
                               const RouteOf& route_of, const Apart& apart) {
  std::vector<Group> groups;
  for (const auto* fleet : {&survey.application, &survey.tenants}) {
    if (fleet->application ? !scope.application : !scope.tenants) continue;
    const alembic::RevisionMap map(histories.of(fleet->application));
    std::map<std::pair<std::vector<std::string>, std::string>, std::size_t> places;
    for (const auto& schema : fleet->schemas) {
      if (schema.tenant && !scope.only.empty() && !std::ranges::binary_search(scope.only, *schema.tenant)) continue;
      const auto kind = apart ? apart(schema) : "";
      if (!kind) continue;
      // Each for itself: where they are is not known.
      const auto [at, added] = places.try_emplace({schema.rows, *kind + schema.unreadable}, groups.size());
      if (added) {
        Group group{fleet->application, schema.rows, {}, {}, {}, {}};
        if (!schema.unreadable.empty())
          group.error = unreadable(schema);
        else if (auto route = route_of(map, schema))
          group.route = std::move(*route);
        else
          group.error = route.error();
        groups.push_back(std::move(group));
      }
      groups[at->second].schemas.push_back(schema);
    }
  }
  return groups;
}

bool is_there_anything(const std::vector<Group>& groups) {
  return std::ranges::any_of(groups, [](const Group& group) { return group.error || !group.route.empty(); });
}

Result<void> render(const Place& place, const postgres::Dsn& dsn, bool shared, std::vector<Group>& groups) {
  const Migrations& migrations = *place.contract.migrations;
  for (auto& group : groups) {
    if (group.error || group.route.empty()) continue;
    const auto renderer = fleet::alembic_renderer(
        place.contract, group.application ? migrations.application_section : migrations.tenant_section, dsn.url());
    PGC_TRY(group.script,
            fleet::make_script(group.rows, group.route, place.contract.directory, migrations.version_table, renderer));
    if (!group.application && !shared) group.error = fleet::reaches_out(group.script);
  }
  return {};
}

Result<fleet::Survey> survey_of(const Place& place, const postgres::Dsn& dsn, Scene& scene) {
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  PGC_TRY(fleet::Survey survey, fleet::survey(connection, place.contract));
  scene = scene_of(place, dsn.describe(), nullptr);
  scene.server_version = fmt::format("{}.{}", connection.server_version() / 10000, connection.server_version() % 10000);
  scene.tenants = static_cast<int>(survey.tenants.schemas.size());
  return survey;
}

}  // namespace pgcontract::command
