#include "fleet/concurrent_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "model/observation.hpp"

namespace pgcontract::fleet {
namespace {

struct Token {
  std::string text;  // a bare word in lower case, or a quoted name as it is
  bool quoted = false;
  bool is(std::string_view word) const { return !quoted && text == word; }
};

// The first words of a statement; enough for the head of CREATE INDEX.
std::vector<Token> head(std::string_view sql) {
  constexpr std::size_t kMost = 10;
  std::vector<Token> out;
  for (std::size_t i = 0; i < sql.size() && out.size() < kMost;) {
    const char c = sql[i];
    if (sql.substr(i, 2) == "--") {
      i = std::min(sql.find('\n', i), sql.size());
    } else if (sql.substr(i, 2) == "/*") {
      i = std::min(sql.find("*/", i), sql.size() - 2) + 2;
    } else if (c == '"') {
      Token token{"", true};
      for (++i; i < sql.size(); ++i) {
        if (sql[i] == '"' && sql.substr(i, 2) != "\"\"") break;
        if (sql[i] == '"') ++i;
        token.text += sql[i];
      }
      ++i;
      out.push_back(std::move(token));
    } else if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || static_cast<unsigned char>(c) >= 0x80) {
      Token token;
      for (; i < sql.size(); ++i) {
        const auto byte = static_cast<unsigned char>(sql[i]);
        if (std::isalnum(byte) == 0 && byte != '_' && byte != '$' && byte < 0x80) break;
        token.text += static_cast<char>(std::tolower(byte));
      }
      out.push_back(std::move(token));
    } else {
      ++i;
    }
  }
  return out;
}

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
  // DROP INDEX schema.name
  if (!create && at + 1 < tokens.size() && statement.find('.') != std::string_view::npos) ++at;
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
