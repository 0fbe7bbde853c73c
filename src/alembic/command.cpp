#include "alembic/command.hpp"

namespace pgcontract::alembic {

std::vector<std::string> upgrade_arguments(const Migrations& migrations, const std::string& section,
                                           const std::string& target, bool sql) {
  std::vector<std::string> arguments = {migrations.command, "-c", migrations.config, "-n", section, "upgrade", target};
  if (sql) arguments.emplace_back("--sql");
  return arguments;
}

std::string offline_target(const std::string& from, const std::string& to) {
  return from.empty() ? to : from + ":" + to;
}

}  // namespace pgcontract::alembic
