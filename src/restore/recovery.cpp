#include "restore/recovery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pgcontract::restore {
namespace {

constexpr std::array<std::string_view, 16> kOfRecovery = {
    "restore_command",           "recovery_end_command",     "archive_cleanup_command", "recovery_target",
    "recovery_target_name",      "recovery_target_time",     "recovery_target_xid",     "recovery_target_lsn",
    "recovery_target_inclusive", "recovery_target_timeline", "recovery_target_action",  "archive_mode",
    "archive_command",           "archive_library",          "primary_conninfo",        "primary_slot_name"};

std::string_view name_in(std::string_view line) {
  const auto begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  line.remove_prefix(begin);
  return line.substr(0, line.find_first_of(" \t=#"));
}

}  // namespace

std::string quoted_setting(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

std::string recovery_settings(const Recovery& recovery) {
  std::string text = "# Written by pgcontract restore: how this copy recovers, and that it archives nothing.\n";
  const auto set = [&](std::string_view name, std::string_view value) {
    text += fmt::format("{} = {}\n", name, quoted_setting(value));
  };
  set("restore_command", recovery.restore_command);
  const auto& target = recovery.target;
  switch (target.kind) {
    case Target::Kind::Latest: break;
    case Target::Kind::Immediate: set("recovery_target", "immediate"); break;
    case Target::Kind::Time: set("recovery_target_time", target.text); break;
    case Target::Kind::Lsn: set("recovery_target_lsn", target.text); break;
    case Target::Kind::Name: set("recovery_target_name", target.text); break;
    case Target::Kind::Transaction: set("recovery_target_xid", target.text); break;
  }
  set("recovery_target_timeline", target.timeline);
  set("recovery_target_action", recovery.action);
  set("archive_mode", "off");
  set("archive_command", "");
  set("primary_conninfo", "");
  set("primary_slot_name", "");
  return text;
}

std::string with_recovery(std::string_view auto_conf, std::string_view settings) {
  std::string kept;
  while (!auto_conf.empty()) {
    const auto end = auto_conf.find('\n');
    const std::string_view line = auto_conf.substr(0, end);
    auto_conf.remove_prefix(end == std::string_view::npos ? auto_conf.size() : end + 1);
    std::string name(name_in(line));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (std::ranges::find(kOfRecovery, name) == kOfRecovery.end()) kept.append(line).append("\n");
  }
  return kept.append(settings);
}

}  // namespace pgcontract::restore
