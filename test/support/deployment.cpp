#include "support/deployment.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "command/bring.hpp"
#include "command/command.hpp"
#include "contract/load.hpp"

namespace pgcontract::test {
namespace {

namespace fs = std::filesystem;

std::string copy_of_stratmaster() {
  std::string pattern = (fs::temp_directory_path() / "pgcontract-test-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
  fs::permissions(pattern, fs::perms(0755));  // the server runs as another user where we are root
  for (const auto& entry : fs::directory_iterator(fs::path(PGCONTRACT_SOURCE_DIR) / "stratmaster"))
    if (entry.path().filename() != ".pgcontract")
      fs::copy(entry.path(), fs::path(pattern) / entry.path().filename(), fs::copy_options::recursive);
  return pattern;
}

command::Arguments quiet_arguments() {
  command::Arguments arguments;
  arguments.quiet = true;
  return arguments;
}

}  // namespace

Deployment::Deployment() : directory_(copy_of_stratmaster()) {
  place_.contract = expect(contract::load_contract(directory_ + "/contract.yaml"));
  place_.environment = place_.contract.environments.at(0);
  embedded_ = cluster::locate(place_.contract.directory, place_.environment.name, place_.environment.database);
  expect(cluster::start(embedded_, [](std::string_view) {}));
  dsn_ = expect(cluster::dsn(embedded_));
  // The test's data may be lost; its time may not.
  auto connection = connect();
  expect(connection.execute("ALTER SYSTEM SET fsync = off"));
  expect(connection.execute("SELECT pg_catalog.pg_reload_conf()"));
}

Deployment::~Deployment() {
  (void)cluster::remove(embedded_);
  std::error_code error;
  fs::remove_all(directory_, error);
}

postgres::Connection Deployment::connect() const { return expect(postgres::Connection::open(dsn_)); }

void Deployment::apply() {
  const auto options = expect(command::act_options(quiet_arguments(), place_, "apply"));
  const auto brought = expect(command::bring(place_, dsn_, {"apply", "", {}, false, {}}, options, quiet_arguments()));
  for (const auto& outcome : brought.application.outcomes)
    if (outcome.error) throw std::runtime_error(outcome.step.object + ": " + outcome.error->describe());
}

void Deployment::add_tenant(const std::string& id, const std::string& display_name) {
  const auto options = expect(command::act_options(quiet_arguments(), place_, "tenant add"));
  const auto brought =
      expect(command::bring(place_, dsn_, {"tenant add", "", {{expect(Uuid::parse(id)), display_name}}, true, {}},
                            options, quiet_arguments()));
  for (const auto& outcome : brought.application.outcomes)
    if (outcome.error) throw std::runtime_error(outcome.step.object + ": " + outcome.error->describe());
}

}  // namespace pgcontract::test
