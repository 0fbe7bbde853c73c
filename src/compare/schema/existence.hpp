#pragma once
// A clause that asks for one schema. Pure; any thread.

#include <fmt/format.h>

#include <string>

#include "compare/scope.hpp"

namespace pgcontract::compare {

inline Finding missing_schema(std::string_view name) {
  Finding finding;
  finding.subject = schema_subject(name);
  finding.message = "does not exist";
  finding.tags = {"missing"};
  return finding;
}

inline Examined check_schema_exists(const Judged& judged, std::string_view name) {
  Examined examined;
  examined.examined = fmt::format("schema {}", quoted(name));
  if (!judged.observation.schema_named(name)) examined.findings.push_back(missing_schema(name));
  return examined;
}

}  // namespace pgcontract::compare
