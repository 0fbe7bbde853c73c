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

// What REINDEX CONCURRENTLY leaves of its new index, or of the old one.
Result<void> drop_leftovers(postgres::Connection& connection, const std::string& schema, const ConcurrentIndex& index) {
  PGC_TRY(const auto rows,
          connection.query("SELECT c.relname FROM pg_catalog.pg_index AS i "
                           "JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid "
                           "JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
                           "JOIN pg_catalog.pg_class AS t ON t.relnamespace OPERATOR(pg_catalog.=) n.oid "
                           "AND t.relname OPERATOR(pg_catalog.=) $2::pg_catalog.name "
                           "LEFT JOIN pg_catalog.pg_index AS own ON own.indexrelid OPERATOR(pg_catalog.=) t.oid "
                           "WHERE n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.name AND NOT i.indisvalid "
                           "AND c.relname OPERATOR(pg_catalog.~) '_cc(new|old)[0-9]*$' "
                           "AND i.indrelid OPERATOR(pg_catalog.=) COALESCE(own.indrelid, t.oid)",
                           {schema, index.name}));
  for (int i = 0; i < rows.size(); ++i) PGC_CHECK(drop(connection, schema, std::string(rows.at(i, 0))));
  return {};
}

}  // namespace

std::optional<ConcurrentIndex> concurrent_index(std::string_view statement) {
  const auto tokens = head(statement);
  const auto is = [&](std::size_t i, std::string_view word) { return i < tokens.size() && tokens[i].is(word); };
  // name or schema.name at i; advances it.
  const auto qualified = [&](std::size_t& i, std::string& schema) {
    if (i + 1 < tokens.size() && tokens[i + 1].dotted) schema = tokens[i++].text;
    return i < tokens.size() ? tokens[i++].text : std::string();
  };
  std::size_t at = is(1, "unique") ? 2 : 1;
  ConcurrentIndex index;
  index.verb = is(0, "create") ? ConcurrentIndex::Create
               : is(0, "drop") ? ConcurrentIndex::Drop
                               : ConcurrentIndex::Rebuild;
  if (index.verb == ConcurrentIndex::Rebuild) {
    if (!is(0, "reindex")) return std::nullopt;
    index.of_table = is(1, "table");
    if (!index.of_table && !is(1, "index")) return std::nullopt;
  } else if (!is(at, "index")) {
    return std::nullopt;
  }
  if (!is(++at, "concurrently")) return std::nullopt;
  if (is(++at, "if")) at += is(at + 1, "not") ? 3 : 2;
  if (at >= tokens.size() || (index.verb == ConcurrentIndex::Create && tokens[at].is("on"))) return std::nullopt;
  index.name = qualified(at, index.schema);
  if (index.verb != ConcurrentIndex::Create) return index;
  // An index is made where its table is.
  if (is(at, "on")) ++at;
  if (is(at, "only")) ++at;
  qualified(at, index.schema);
  return index;
}

Result<bool> prepare_concurrent_index(postgres::Connection& connection, const std::string& schema,
                                      std::string_view statement, bool begun) {
  const auto index = concurrent_index(statement);
  if (!index) return true;
  const std::string& in = index->schema.empty() ? schema : index->schema;
  if (index->verb == ConcurrentIndex::Rebuild) {
    if (begun) PGC_CHECK(drop_leftovers(connection, in, *index));
    return true;
  }
  PGC_TRY(const Found found, find(connection, in, index->name));
  if (index->verb == ConcurrentIndex::Drop) return !begun || found != Found::None;
  if (found == Found::Invalid) PGC_CHECK(drop(connection, in, index->name));
  return !begun || found != Found::Valid;
}

Result<void> drop_invalid_index(postgres::Connection& connection, const std::string& schema,
                                std::string_view statement) {
  const auto index = concurrent_index(statement);
  if (!index || index->verb == ConcurrentIndex::Drop) return {};
  const std::string& in = index->schema.empty() ? schema : index->schema;
  if (index->verb == ConcurrentIndex::Rebuild) return drop_leftovers(connection, in, *index);
  PGC_TRY(const Found found, find(connection, in, index->name));
  return found == Found::Invalid ? drop(connection, in, index->name) : Result<void>{};
}

}  // namespace pgcontract::fleet
