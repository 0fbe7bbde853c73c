#include "fleet/reach.hpp"

#include <fmt/format.h>

#include "fleet/token.hpp"

namespace pgcontract::fleet {

Error reach_error(const std::string& what, const std::string& where) {
  return {ErrorCode::InvalidInput,
          fmt::format("the tenants' history changes {}, which is no tenant's: it would run once for each tenant", what),
          "Move it to the application's history, where it runs once. Where each tenant must write there, add --shared.",
          where,
          {},
          {}};
}

std::optional<Error> reaches_out(const Script& script) {
  for (const auto& part : script.parts) {
    for (const auto& statement : part.statements) {
      if (statement.of_rows) continue;
      const Target target = target_of(statement.text);
      if (target.is_schema) return reach_error("schema " + target.name, "revision " + statement.revision);
      if (target.schema.empty() || target.schema == "pg_temp") continue;
      // The schema that it was recorded on, whose place the tenant's own takes.
      if (statement.scratch && target.schema.find(statement.scratch->hex()) != std::string::npos) continue;
      return reach_error(fmt::format("{}.{}", target.schema, target.name), "revision " + statement.revision);
    }
  }
  return std::nullopt;
}

}  // namespace pgcontract::fleet
