#include "contract/starter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "contract/rules.hpp"

namespace pgcontract::contract {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A name the contract may carry, made from the database's.
std::string system_name(std::string_view database) {
  std::string name;
  for (char c : database) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    name += is_lower(c) || is_digit(c) || c == '-' ? c : '_';
  }
  if (name.empty() || !is_lower(name.front())) name.insert(0, "db_");
  return name.substr(0, 63);
}

}  // namespace

std::string yaml_scalar(std::string_view text) {
  const auto plain = [](char c) {
    return is_lower(c) || (c >= 'A' && c <= 'Z') || is_digit(c) || std::string_view("_-./{}:").contains(c);
  };
  static const std::set<std::string_view> kWords = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (!text.empty() && (is_lower(lower.front()) || text.front() == '_') && text.back() != ':' &&
      std::ranges::all_of(text, plain) && !kWords.contains(lower))
    return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      quoted += fmt::format("\\{}", c);
    else if (byte < 0x20 || byte == 0x7F)
      quoted += fmt::format("\\x{:02x}", byte);
    else
      quoted += c;
  }
  return quoted + '"';
}

std::string starter_contract(const Observation& observation, const StarterOptions& options) {
  const std::string name = options.name.empty() ? system_name(observation.server.database) : options.name;
  std::map<Oid, int> tables;
  for (const auto& relation : observation.relations)
    if ((relation.kind == 'r' || relation.kind == 'p') && !relation.is_partition && !relation.from_extension)
      ++tables[relation.schema];
  const Schema* application = nullptr;
  for (const auto& schema : observation.schemas) {
    if (!tables.contains(schema.oid) || check(rule::kSchema, std::string(schema.name))) continue;
    const int count = tables[schema.oid];
    const int best = application ? tables[application->oid] : 0;
    if (count > best || (count == best && application && schema.name < application->name)) application = &schema;
  }
  std::string text = fmt::format("contract: 1\nname: {}\n\nenvironments:\n  {}:\n    dsn_from: {}\n\n",
                                 yaml_scalar(name), kStarterEnvironment, yaml_scalar(options.dsn_from));
  text += fmt::format("schemas:\n  application:\n    name: {}\n",
                      yaml_scalar(application ? application->name : std::string_view(name)));
  return text;
}

}  // namespace pgcontract::contract
