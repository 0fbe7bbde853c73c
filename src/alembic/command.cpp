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

std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of("\r\n ");
  if (end == std::string::npos) return "it says nothing";
  const auto begin = text.find_last_of('\n', end);
  const auto first = begin == std::string::npos ? 0 : begin + 1;
  return text.substr(first, end + 1 - first);
}

}  // namespace pgcontract::alembic
