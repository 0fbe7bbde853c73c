#include "command/world.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "attack/corpus.hpp"
#include "cluster/embedded.hpp"
#include "command/observed_backups.hpp"
#include "contract/environment.hpp"
#include "contract/load.hpp"
#include "contract/tombstones.hpp"
#include "observe/observe.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::command {
namespace {

// Alembic, seeds, psql and the server are handed what they need, a password never by their environment: so no DSN that
// stands in ours is theirs to inherit.
void withhold_from_children(const Environment& environment) {
  if (environment.source == Environment::Source::Variable) unsetenv(environment.variable_or_path.c_str());
}

// Those of this environment. An embedded cluster's history ends with `down --remove`, so there only its own count.
Result<void> read_tombstones(const Place& place, Observation& into) {
  if (!place.contract.tenancy) return {};
  PGC_TRY(const auto lines, contract::read_tombstones(contract::tombstones_path(place.contract)));
  const bool embedded = place.environment.source == Environment::Source::Embedded;
  for (const auto& line : lines) {
    const bool of_other_cluster = line.system_identifier != into.server.system_identifier;
    if (line.environment != place.environment.name || (embedded && of_other_cluster)) continue;
    into.tombstones.push_back({line.id, into.keep(line.deleted_at), into.keep(line.inventory_sha256)});
  }
  std::ranges::stable_sort(into.tombstones, {}, &Tombstone::id);
  return {};
}

}  // namespace

Result<Place> open_place(const Arguments& arguments) {
  PGC_TRY(Contract contract, contract::load_contract(arguments.contract_file));
  PGC_TRY(const Environment* environment, contract::choose_environment(contract, arguments.environment));
  Environment chosen = *environment;
  for (const auto& other : contract.environments)
    if (other.variable_or_path != chosen.variable_or_path) withhold_from_children(other);
  return Place{std::move(contract), std::move(chosen)};
}

Result<postgres::Dsn> resolve_dsn(const Place& place) {
  if (place.environment.source == Environment::Source::Embedded)
    return cluster::dsn(cluster::locate(place.contract.directory, place.environment.name, place.environment.database));
  PGC_TRY(const SecretString text, contract::read_dsn(place.contract, place.environment));
  withhold_from_children(place.environment);
  auto dsn = postgres::Dsn::parse(text);
  if (!dsn) return with_context(dsn.error(), "environment " + place.environment.name);
  return dsn;
}

Judged judged(const Place& place, const Observation& observation) {
  return Judged{place.contract, place.environment, observation, date_of(observation.taken_at), attack::corpus_sha256()};
}

Result<World> look(const Place& place, const postgres::Dsn& dsn, bool with_backups) {
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  World world;
  PGC_TRY(world.observation, observe::observe_world(connection, place.contract));
  PGC_CHECK(read_tombstones(place, world.observation));
  if (with_backups) read_backups(place, world.observation);
  world.verdicts = compare::judge(judged(place, world.observation));
  return world;
}

Scene scene_of(const Place& place, const std::string& target, const World* world) {
  Scene scene;
  scene.contract_name = place.contract.name;
  scene.contract_file = place.contract.file;
  scene.environment = place.environment.name;
  scene.target = target;
  scene.at = now();
  if (!world) return scene;
  const std::string_view version = world->observation.server.version;
  scene.server_version = version.substr(0, version.find(' '));
  scene.at = world->observation.taken_at;
  if (world->observation.registry.present && !world->observation.unreadable.contains(Fact::Registry)) {
    scene.tenants = 0;
    for (const auto& tenant : world->observation.registry.tenants) scene.tenants += tenant.state != "deleted";
  }
  return scene;
}

Result<int> number_option(const Arguments& arguments, std::string_view option, int otherwise, int least, int most) {
  if (!arguments.has(option)) return otherwise;
  const std::string text = arguments.get(option);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most)
    return fail(ErrorCode::Usage,
                fmt::format("{} takes a number from {} to {}, not \"{}\"", option, least, most, text));
  return value;
}

Result<Uuid> tenant_argument(const std::string& text) {
  auto id = Uuid::parse(text);
  if (!id) id.error().code = ErrorCode::Usage;
  if (id && is_canary(*id))
    return fail(ErrorCode::Usage, fmt::format("id {} is reserved for the canaries of tenant attack", id->canonical()),
                "Give the tenant a random id, as uuidgen makes them.");
  return id;
}

Result<bool> confirmed(const Arguments& arguments, const std::string& question) {
  if (arguments.yes) return true;
  if (isatty(STDIN_FILENO) == 0)
    return fail(ErrorCode::Usage, question + " There is no terminal to ask on", "Add --yes to answer it beforehand.");
  return typed(question, "yes");
}

bool typed(const std::string& statement, const std::string& expected) {
  fmt::print(stderr, "{} Type {} to go on: ", statement, expected);
  std::fflush(stderr);
  std::string answer;
  for (int c = std::getchar(); c != EOF && c != '\n' && answer.size() <= expected.size(); c = std::getchar())
    answer += static_cast<char>(c);
  return answer == expected;
}

}  // namespace pgcontract::command
