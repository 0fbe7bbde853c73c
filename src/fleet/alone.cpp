#include "fleet/alone.hpp"

#include <algorithm>
#include <array>

#include "fleet/token.hpp"

namespace pgcontract::fleet {
namespace {

constexpr std::array<std::string_view, 13> kTransactional = {"insert", "update", "delete",  "merge",    "with",
                                                             "select", "values", "comment", "truncate", "grant",
                                                             "create", "alter",  "drop"};
constexpr std::array<std::string_view, 11> kRepeatable = {
    "vacuum", "analyze", "reindex", "cluster", "set", "reset", "show", "refresh", "checkpoint", "discard", "explain"};
constexpr std::array<std::string_view, 4> kNoTransaction = {"database", "tablespace", "subscription", "system"};

}  // namespace

Alone alone_of(std::string_view statement) {
  const auto tokens = head(statement);
  const auto verb = [&](const auto& words) {
    return !tokens.empty() && !tokens[0].quoted && std::ranges::find(words, tokens[0].text) != words.end();
  };
  const auto has = [&](std::string_view word) {
    return std::ranges::any_of(tokens, [&](const Token& token) { return token.is(word); });
  };
  if (verb(kRepeatable)) return Alone::Repeatable;
  if (!verb(kTransactional)) return Alone::Once;
  const bool defines = tokens[0].is("create") || tokens[0].is("alter") || tokens[0].is("drop");
  if (!defines) return Alone::No;
  const bool of_server =
      tokens.size() > 1 && std::ranges::any_of(kNoTransaction, [&](auto w) { return tokens[1].is(w); });
  const bool adds_value = has("type") && has("add") && has("value");
  if (!has("concurrently") && !of_server && !adds_value) return Alone::No;
  const bool index = has("index") && has("concurrently");
  const bool if_exists = has("if") && has("exists");
  return index || adds_value || if_exists ? Alone::Repeatable : Alone::Once;
}

}  // namespace pgcontract::fleet
