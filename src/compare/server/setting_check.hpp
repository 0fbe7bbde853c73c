#pragma once
// A clause that asks one setting for one value. Pure; any thread.

#include <fmt/format.h>

#include "compare/scope.hpp"

namespace pgcontract::compare {

// `consider` is what a person should weigh where the value is another.
inline Examined check_setting(const Judged& judged, std::string_view name, std::string_view wanted,
                              std::string consider) {
  Examined examined;
  const Setting* setting = judged.observation.setting(name);
  if (!setting) {
    examined.unknown = invisible_setting(judged, name);
    return examined;
  }
  examined.examined = fmt::format("{} = {}", name, setting->value);
  if (setting->value == wanted) return examined;
  Finding finding;
  finding.subject = setting_subject(name);
  finding.message = fmt::format("is {}, the contract asks for {}{}", setting->value, wanted,
                                setting->pending_restart ? "; a change waits for a restart" : "");
  finding.consider = std::move(consider);
  examined.findings.push_back(std::move(finding));
  return examined;
}

}  // namespace pgcontract::compare
