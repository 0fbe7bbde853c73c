#include "command/evidence.hpp"

#include <fmt/format.h>

#include "model/observation.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::command {

Result<std::string> leave_evidence(const postgres::Dsn& dsn, std::string_view kind, std::string_view subject,
                                   const std::vector<EvidenceDetail>& detail) {
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  PGC_TRY(const auto ledger, connection.query("SELECT pg_catalog.to_regclass('pgcontract.evidence') IS NOT NULL, "
                                              "pg_catalog.pg_is_in_recovery()"));
  if (ledger.at(0, 1) == "t") return std::string("the server is a standby");
  if (ledger.at(0, 0) != "t") return std::string("this database is not under the contract");
  std::string pairs;
  for (const auto& [key, value, number] : detail)
    pairs += fmt::format("{}{}, {}::pg_catalog.{}", pairs.empty() ? "" : ", ", quoted_literal(key),
                         quoted_literal(value), number ? "numeric" : "text");
  const auto recorded =
      connection.execute(fmt::format("INSERT INTO pgcontract.evidence (kind, subject, detail) VALUES ({}, {}, "
                                     "pg_catalog.jsonb_build_object({}))",
                                     quoted_literal(kind), quoted_literal(subject), pairs));
  if (recorded) return std::string();
  if (recorded.error().code != ErrorCode::Permission) return fail(recorded.error());
  return recorded.error().message;
}

}  // namespace pgcontract::command
