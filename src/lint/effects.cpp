#include "lint/effects.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pgcontract::lint {
namespace {

std::string unquoted(std::string_view word) {
  if (!word.starts_with('"')) return std::string(word);
  std::string out;
  for (std::size_t i = 1; i + 1 < word.size(); ++i) {
    out += word[i];
    if (word[i] == '"') ++i;
  }
  return out;
}

// The dot between schema and name; one within quotes is part of a name.
std::size_t dot_of(std::string_view relation) {
  bool quoted = false;
  for (std::size_t i = 0; i < relation.size(); ++i) {
    if (relation[i] == '"') quoted = !quoted;
    if (relation[i] == '.' && !quoted) return i;
  }
  return std::string_view::npos;
}

bool has(const std::vector<TouchedRelation>& relations, const std::string& table) {
  return std::ranges::any_of(relations, [&](const auto& r) { return !r.made && label_of(r.relation).text() == table; });
}

Lock lock_on(const StatementEffect& effect, const std::string& table) {
  Lock strongest = Lock::None;
  for (const auto& lock : effect.locks)
    if (!lock.made && label_of(lock.relation).text() == table) strongest = std::max(strongest, lock_named(lock.mode));
  return strongest;
}

bool builds_on(const StatementEffect& effect, const std::string& table) {
  return std::ranges::any_of(effect.indexes,
                             [&](const auto& i) { return !i.made && label_of(i.table).text() == table; });
}

bool was_seen(Claim claim, const StatementEffect& effect, const std::string& table) {
  switch (claim) {
    case Claim::Rewrite: return has(effect.rewritten, table);
    case Claim::Scan: return has(effect.scanned, table) || builds_on(effect, table);
    case Claim::Lock: return lock_on(effect, table) >= Lock::Share;
    case Claim::None: return true;
  }
  return true;
}

}  // namespace

bool is_observed(const StatementEffect* effect) { return effect && effect->not_observed.empty(); }

Name label_of(std::string_view relation) {
  const auto dot = dot_of(relation);
  if (dot == std::string_view::npos) return {"", unquoted(relation)};
  const auto schema = relation.substr(0, dot);
  return {schema == "{schema}" ? "" : unquoted(schema), unquoted(relation.substr(dot + 1))};
}

Lock lock_named(std::string_view mode) {
  for (int lock = static_cast<int>(Lock::AccessExclusive); lock > 0; --lock)
    if (to_string(static_cast<Lock>(lock)) == mode) return static_cast<Lock>(lock);
  return Lock::None;
}

void confirm(Claim claim, const StatementEffect& effect, const std::string& server, std::size_t first, Founds& out) {
  const auto begin = out.begin() + static_cast<long>(first);
  out.erase(std::remove_if(begin, out.end(), [&](const Found& f) { return !was_seen(claim, effect, f.table); }),
            out.end());
  for (std::size_t i = first; i < out.size(); ++i) out[i].message += fmt::format("; observed on PostgreSQL {}", server);
}

Founds surprises(const StatementEffect& effect, const Statement& statement, const Tables& tables,
                 const std::string& server) {
  Founds out;
  if (!effect.not_observed.empty()) {
    const bool fails = effect.not_observed.starts_with("it fails: ");
    out.push_back({.message = fails ? fmt::format("the statement fails on PostgreSQL {}: {}", server,
                                                  effect.not_observed.substr(std::string_view("it fails: ").size()))
                                    : "not observed: " + effect.not_observed,
                   .severity = fails ? Severity::Error : Severity::Note});
    return out;
  }
  // Of plain commands the text tells all, and rules have spoken.
  const bool plain = std::ranges::any_of(statement.acts, [](const Act& act) {
    return act.kind == ActKind::CreateIndex || act.kind == ActKind::Vacuum || act.kind == ActKind::Cluster ||
           act.kind == ActKind::Reindex || act.kind == ActKind::Truncate || act.kind == ActKind::ValidateKey ||
           act.kind == ActKind::Refresh || act.kind == ActKind::Drop || act.kind == ActKind::Storage;
  });
  if (plain) return out;
  for (const auto& table : effect.rewritten)
    if (!table.made)
      out.push_back({.message = fmt::format("was seen to be written anew; observed on PostgreSQL {}", server),
                     .table = tables.label(label_of(table.relation))});
  for (const auto& table : effect.scanned) {
    const std::string label = label_of(table.relation).text();
    const Lock lock = lock_on(effect, label);
    if (table.made || lock < Lock::Share || has(effect.rewritten, label)) continue;
    out.push_back({.message = fmt::format("was seen to be read as a whole under {}; observed on PostgreSQL {}",
                                          to_string(lock), server),
                   .table = label});
  }
  return out;
}

}  // namespace pgcontract::lint
