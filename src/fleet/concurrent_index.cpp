#include "fleet/concurrent_index.hpp"

#include <fmt/format.h>

#include "fleet/token.hpp"
#include "model/observation.hpp"

namespace pgcontract::fleet {
namespace {

enum class Found { None, Valid, Invalid };

Result<Found> find(postgres::Connection& connection, const std::string& schema, const std::string& index) {
  PGC_TRY(const auto rows,
          connection.query("SELECT i.indisvalid AND i.indisready AND i.indislive FROM pg_catalog.pg_index AS i "
                           "JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid "
                           "JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
                           "WHERE n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.name "
                           "AND c.relname OPERATOR(pg_catalog.=) $2::pg_catalog.name",
                           {schema, index}));
  if (rows.empty()) return Found::None;
  return rows.at(0, 0) == "t" ? Found::Valid : Found::Invalid;
}

Result<void> drop(postgres::Connection& connection, const std::string& schema, const std::string& index) {
  return connection.execute(fmt::format("DROP INDEX CONCURRENTLY {}.{}", quoted(schema), quoted(index)));
}

}  // namespace

std::optional<ConcurrentIndex> concurrent_index(std::string_view statement) {
  const auto tokens = head(statement);
  const auto is = [&](std::size_t i, std::string_view word) { return i < tokens.size() && tokens[i].is(word); };
  std::size_t at = is(1, "unique") ? 2 : 1;
  const bool create = is(0, "create");
  if ((!create && !is(0, "drop")) || !is(at, "index") || !is(at + 1, "concurrently")) return std::nullopt;
  at += 2;
  if (is(at, "if")) at += is(at + 1, "not") ? 3 : 2;
  if (at >= tokens.size() || (create && tokens[at].is("on"))) return std::nullopt;
  if (at + 1 < tokens.size() && tokens[at + 1].dotted) ++at;  // DROP INDEX schema.name
  return ConcurrentIndex{create, tokens[at].text};
}

Result<bool> prepare_concurrent_index(postgres::Connection& connection, const std::string& schema,
                                      std::string_view statement) {
  const auto index = concurrent_index(statement);
  if (!index) return true;
  PGC_TRY(const Found found, find(connection, schema, index->name));
  if (!index->create) return found != Found::None;
  if (found == Found::Invalid) PGC_CHECK(drop(connection, schema, index->name));
  return found != Found::Valid;
}

Result<void> drop_invalid_index(postgres::Connection& connection, const std::string& schema,
                                std::string_view statement) {
  const auto index = concurrent_index(statement);
  if (!index || !index->create) return {};
  PGC_TRY(const Found found, find(connection, schema, index->name));
  return found == Found::Invalid ? drop(connection, schema, index->name) : Result<void>{};
}

}  // namespace pgcontract::fleet
