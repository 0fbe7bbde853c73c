#include "fleet/hazard.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "alembic/sql_statement.hpp"

namespace pgcontract::fleet {
namespace {

// Weakest first (docs §13.3.1).
constexpr std::array<std::string_view, 8> kLocks = {
    "",      "ROW SHARE",           "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE",
    "SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE",     "ACCESS EXCLUSIVE"};
std::ptrdiff_t strength(std::string_view lock) { return std::ranges::find(kLocks, lock) - kLocks.begin(); }

}  // namespace

Hazard worse(const Hazard& a, const Hazard& b) {
  return {strength(a.lock) >= strength(b.lock) ? a.lock : b.lock, std::max(a.risk, b.risk)};
}

Hazard hazard_of(std::string_view statement) {
  const std::string script = std::string(statement) + ";";
  const auto split = alembic::split_sql(script);
  if (!split || split->statements.size() != 1) return {"ACCESS EXCLUSIVE", Risk::Data};
  const auto& words = split->statements[0].words;
  const auto has = [&](std::string_view word) { return std::ranges::find(words, word) != words.end(); };
  const auto at = [&](std::size_t i, std::string_view word) { return i < words.size() && words[i] == word; };
  if (at(0, "drop")) return {has("concurrently") ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE", Risk::Data};
  if (at(0, "truncate")) return {"ACCESS EXCLUSIVE", Risk::Data};
  if (at(0, "insert") || at(0, "update") || at(0, "delete") || at(0, "merge"))
    return {"ROW EXCLUSIVE", at(0, "insert") ? Risk::Lock : Risk::Data};
  if (at(0, "do") || at(0, "call") || at(0, "with") || at(0, "select")) return {"", Risk::Lock};
  if (at(0, "create") && has("index") && (at(1, "index") || at(2, "index")))
    return {has("concurrently") ? "SHARE UPDATE EXCLUSIVE" : "SHARE", Risk::Lock};
  if (at(0, "create") && has("trigger")) return {"SHARE ROW EXCLUSIVE", Risk::Lock};
  if (at(0, "create") && at(1, "table") && has("references")) return {"SHARE ROW EXCLUSIVE", Risk::Lock};
  if (!at(0, "alter") || !at(1, "table")) return {};
  if (has("validate")) return {"SHARE UPDATE EXCLUSIVE", Risk::Lock};
  const bool loses = has("drop") || has("type");
  return {"ACCESS EXCLUSIVE", loses ? Risk::Data : Risk::Lock};
}

}  // namespace pgcontract::fleet
