#include "lint/locks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lint/parse.hpp"

namespace pgcontract::lint {
namespace {

// ALTER TABLE … ADD: a key with all that it has to check.
void add_key(const Act& act, const KeySpec& key, std::vector<Touch>& out) {
  switch (key.kind) {
    case KeyKind::ForeignKey:
      out.push_back({act.relation, Lock::ShareRowExclusive, false, key.validated});
      out.push_back({key.referenced, Lock::ShareRowExclusive, false, false});
      return;
    case KeyKind::Check: out.push_back({act.relation, Lock::AccessExclusive, false, key.validated}); return;
    default: out.push_back({act.relation, Lock::AccessExclusive, false, !key.using_index}); return;
  }
}

void alter_table(const Act& act, const Tables& before, std::vector<Touch>& out) {
  const Table* table = before.find(act.relation);
  const auto whole = [&](bool rewrites, bool scans) {
    out.push_back({act.relation, Lock::AccessExclusive, rewrites, scans});
  };
  switch (act.kind) {
    case ActKind::AddColumn: {
      const ColumnSpec& column = act.columns.front();
      if (act.guarded && table && table->column(column.name)) return whole(false, false);
      whole(column.volatile_default || column.generated || column.identity, false);
      // A new column is null in every row, or its default: the foreign key has nothing to look up without one.
      for (const auto& key : act.keys) add_key(act, key, out);
      return;
    }
    case ActKind::ColumnType:
      return whole(rewrites(table ? table->column(act.column) : nullptr, act.columns.front(), act.has_using), false);
    case ActKind::SetNotNull: {
      const bool proved = table && std::ranges::any_of(table->keys, [&](const KeySpec& key) {
                            return key.validated && key.not_null_of == act.column;
                          });
      const bool already = table && table->column(act.column) && table->column(act.column)->not_null;
      return whole(false, !proved && !already);
    }
    case ActKind::AddKey:
      for (const auto& key : act.keys) add_key(act, key, out);
      return;
    case ActKind::ValidateKey:
      out.push_back({act.relation, Lock::ShareUpdateExclusive, false, true});
      if (const KeySpec* key = table ? table->key(act.name) : nullptr; key && !key->referenced.name.empty())
        out.push_back({key->referenced, Lock::RowShare, false, false});
      return;
    case ActKind::DropKey:
      whole(false, false);
      if (const KeySpec* key = table ? table->key(act.name) : nullptr; key && !key->referenced.name.empty())
        out.push_back({key->referenced, Lock::AccessExclusive, false, false});
      return;
    case ActKind::Storage: return whole(true, false);
    case ActKind::Attach:
      out.push_back({act.relation, Lock::ShareUpdateExclusive, false, false});
      out.push_back({act.others.front(), Lock::AccessExclusive, false, true});
      return;
    case ActKind::Detach:
      out.push_back(
          {act.relation, act.concurrently ? Lock::ShareUpdateExclusive : Lock::AccessExclusive, false, false});
      out.push_back({act.others.front(), Lock::AccessExclusive, false, false});
      return;
    default: return whole(false, false);
  }
}

void create_table(const Act& act, std::vector<Touch>& out) {
  for (const auto& key : act.keys)
    if (key.kind == KeyKind::ForeignKey) out.push_back({key.referenced, Lock::ShareRowExclusive, false, false});
  if (act.object == "partition") out.push_back({act.others.back(), Lock::AccessExclusive, false, false});
}

Lock index_lock(bool concurrently, Lock otherwise) { return concurrently ? Lock::ShareUpdateExclusive : otherwise; }

void drop(const Act& act, const Tables& before, std::vector<Touch>& out) {
  if (act.object == "index") {
    const Table* table = before.of_index(act.relation.name);
    out.push_back(
        {table ? table->name : act.relation, index_lock(act.concurrently, Lock::AccessExclusive), false, false});
    return;
  }
  const bool of_relation = act.object == "table" || act.object == "view" || act.object == "materialized view" ||
                           act.object == "sequence" || !act.name.empty();
  if (!of_relation) return;
  out.push_back({act.relation, Lock::AccessExclusive, false, false});
  if (const Table* table = before.find(act.relation); table && act.object == "table")
    for (const auto& key : table->keys)
      if (!key.referenced.name.empty()) out.push_back({key.referenced, Lock::AccessExclusive, false, false});
}

}  // namespace

std::string_view to_string(Lock lock) {
  switch (lock) {
    case Lock::None: return "none";
    case Lock::AccessShare: return "ACCESS SHARE";
    case Lock::RowShare: return "ROW SHARE";
    case Lock::RowExclusive: return "ROW EXCLUSIVE";
    case Lock::ShareUpdateExclusive: return "SHARE UPDATE EXCLUSIVE";
    case Lock::Share: return "SHARE";
    case Lock::ShareRowExclusive: return "SHARE ROW EXCLUSIVE";
    case Lock::Exclusive: return "EXCLUSIVE";
    case Lock::AccessExclusive: return "ACCESS EXCLUSIVE";
  }
  return "none";
}

bool rewrites(const ColumnSpec* from, const ColumnSpec& to, bool has_using) {
  if (!from || has_using || from->array != to.array) return true;
  const auto text = [](const ColumnSpec& c) { return c.type == "text" || c.type == "varchar"; };
  const bool unbounded = to.length.empty();
  if (text(*from) && text(to)) return !unbounded && (from->length.empty() || from->length.front() > to.length.front());
  if (from->type == "cidr" && to.type == "inet") return false;
  if (from->type != to.type) return true;
  if (from->length == to.length || unbounded) return false;
  if (from->length.empty()) return true;
  // numeric(10,2) → numeric(12,2): wider, with the same scale.
  const auto scale = [](const ColumnSpec& c) { return c.length.size() > 1 ? c.length[1] : 0; };
  return to.type == "bpchar" || from->length.front() > to.length.front() || scale(*from) != scale(to);
}

std::vector<Touch> touches(const Act& act, const Tables& before) {
  std::vector<Touch> out;
  switch (act.kind) {
    case ActKind::CreateTable: create_table(act, out); break;
    case ActKind::CreateIndex:
      out.push_back({act.relation, index_lock(act.concurrently, Lock::Share), false, true});
      break;
    case ActKind::Drop: drop(act, before, out); break;
    case ActKind::Rename:
      if (act.object == "index")
        out.push_back({act.relation, Lock::ShareUpdateExclusive, false, false});
      else if (!act.relation.name.empty() && act.object != "enum value")
        out.push_back({act.relation, Lock::AccessExclusive, false, false});
      break;
    case ActKind::CreateTrigger: out.push_back({act.relation, Lock::ShareRowExclusive, false, false}); break;
    case ActKind::Truncate: out.push_back({act.relation, Lock::AccessExclusive, false, false}); break;
    case ActKind::Insert:
    case ActKind::Update:
    case ActKind::Delete: out.push_back({act.relation, Lock::RowExclusive, false, false}); break;
    case ActKind::Vacuum:
      out.push_back({act.relation, act.full ? Lock::AccessExclusive : Lock::ShareUpdateExclusive, act.full, false});
      break;
    case ActKind::Cluster: out.push_back({act.relation, Lock::AccessExclusive, true, false}); break;
    case ActKind::Reindex: {
      const Table* table = act.object == "index" ? before.of_index(act.relation.name) : nullptr;
      out.push_back({table ? table->name : act.relation, index_lock(act.concurrently, Lock::Share), false, true});
      break;
    }
    case ActKind::Refresh:
      out.push_back({act.relation, act.concurrently ? Lock::Exclusive : Lock::AccessExclusive, true, false});
      break;
    case ActKind::LockTable: out.push_back({act.relation, act.lock, false, false}); break;
    case ActKind::Owner:
    case ActKind::CreatePolicy:
    case ActKind::RowSecurity:
      if (!act.relation.name.empty()) out.push_back({act.relation, Lock::AccessExclusive, false, false});
      break;
    case ActKind::AddColumn:
    case ActKind::DropColumn:
    case ActKind::ColumnType:
    case ActKind::SetNotNull:
    case ActKind::DropNotNull:
    case ActKind::ColumnDefault:
    case ActKind::AddKey:
    case ActKind::ValidateKey:
    case ActKind::DropKey:
    case ActKind::Storage:
    case ActKind::Attach:
    case ActKind::Detach:
    case ActKind::SetSchema:
    case ActKind::AlterOther: alter_table(act, before, out); break;
    default: break;
  }
  return out;
}

namespace {

Risk risk_of(const Act& act, const std::vector<Touch>& touched) {
  const bool loses = act.kind == ActKind::Drop || act.kind == ActKind::DropColumn || act.kind == ActKind::Truncate ||
                     act.kind == ActKind::Update || act.kind == ActKind::Delete || act.kind == ActKind::ColumnType ||
                     act.kind == ActKind::Code;
  if (loses || std::ranges::any_of(touched, &Touch::rewrites)) return Risk::Data;
  return std::ranges::any_of(touched, [](const Touch& t) { return t.lock > Lock::AccessShare; }) ? Risk::Lock
                                                                                                 : Risk::None;
}

void add_hazard(const Act& act, const Tables& before, Hazard& hazard) {
  auto touched = touches(act, before);
  // A table that the script itself made is nobody else's yet.
  std::erase_if(touched, [&](const Touch& t) {
    const Table* table = before.find(t.relation);
    return table && !table->origin.revision.empty();
  });
  hazard.risk = std::max(hazard.risk, risk_of(act, touched));
  for (const auto& touch : touched) {
    hazard.lock = std::max(hazard.lock, touch.lock);
    const std::string part = fmt::format("{} on {}{}{}", to_string(touch.lock), touch.relation.text(),
                                         touch.rewrites ? ", rewrites it" : "", touch.scans ? ", reads all of it" : "");
    if (hazard.effect.find(part) == std::string::npos) hazard.effect += (hazard.effect.empty() ? "" : "; ") + part;
  }
}

}  // namespace

std::vector<Hazard> hazards_of(const std::vector<std::string>& statements) {
  std::vector<Hazard> out;
  Tables made;
  for (const auto& text : statements) {
    const Statement statement = parse_statement(text);
    Hazard hazard;
    if (!statement.not_analysed.empty())
      hazard = {Lock::AccessExclusive, Risk::Data, fmt::format("not analysed: {}", statement.not_analysed)};
    for (const auto& act : statement.acts) {
      add_hazard(act, made, hazard);
      made.play(act, Origin{"this script", ""});
    }
    out.push_back(std::move(hazard));
  }
  return out;
}

Hazard hazard_of(const std::string& statement) { return hazards_of({statement}).front(); }

}  // namespace pgcontract::lint
