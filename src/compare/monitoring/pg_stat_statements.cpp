#include <fmt/ranges.h>

#include "compare/declarations.hpp"
#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

constexpr std::string_view kExtension = "pg_stat_statements";
constexpr std::string_view kSetting = "shared_preload_libraries";

// The elements of a list setting: separated by commas, blanks aside, quoted where they need it.
std::vector<std::string> list_of(std::string_view value) {
  std::vector<std::string> list(1);
  for (char c : value) {
    if (c == ',')
      list.emplace_back();
    else if (c != ' ' && c != '\t' && c != '\n' && c != '"')
      list.back() += c;
  }
  std::erase(list, "");
  return list;
}

bool is_loaded(const std::vector<std::string>& libraries) {
  for (const auto& library : libraries)
    if (library == kExtension || library.ends_with("/pg_stat_statements")) return true;
  return false;
}

// Each library is its own literal: 'a, b' would name one library of that odd name, and the server would not start.
std::string alter_system(std::vector<std::string> libraries) {
  libraries.emplace_back(kExtension);
  for (auto& library : libraries) library = quoted_literal(library);
  return fmt::format("ALTER SYSTEM SET {} = {}", kSetting, fmt::join(libraries, ", "));
}

Finding preload_finding(const Judged& judged, const Setting& setting, const std::vector<std::string>& libraries) {
  Finding finding;
  finding.subject = setting_subject(kSetting);
  finding.message =
      fmt::format("does not name {}{}", kExtension,
                  judged.environment.managed ? "; set it in the provider's parameter group, then restart the server"
                  : setting.pending_restart  ? "; a change waits for a restart"
                                             : "; a change takes effect at a restart");
  if (!judged.environment.managed && !setting.pending_restart) finding.consider = alter_system(libraries);
  finding.tags = {"preload"};
  return finding;
}

Examined check(const Judged& judged) {
  Examined examined;
  examined.examined = "library loaded, extension created";
  if (!judged.observation.extension_named(kExtension)) {
    Finding finding;
    finding.subject = {"extension", "", std::string(kExtension), ""};
    finding.message = "is not created in this database, the contract asks for it";
    finding.tags = {"missing"};
    examined.findings.push_back(std::move(finding));
  }
  if (const Setting* setting = judged.observation.setting(kSetting)) {
    const auto libraries = list_of(setting->value);
    if (!is_loaded(libraries)) examined.findings.push_back(preload_finding(judged, *setting, libraries));
  } else if (examined.findings.empty()) {  // a missing extension breaks the clause whatever is loaded
    examined.unknown = invisible_setting(judged, kSetting);
  }
  return examined;
}

}  // namespace

const Clause kMonitoringPgStatStatements = {
    .id = "monitoring.pg_stat_statements",
    .title = "the server counts what each statement costs",
    .sentence = "Enable pg_stat_statements and collect metrics via the observability stack.",
    .why =
        "When one tenant's statement slows all others, this is where it can be seen. The library must be loaded at "
        "start and the extension created in the database; either alone shows nothing.",
    .needs = {Fact::Settings, Fact::Extensions},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
