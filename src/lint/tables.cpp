#include "lint/tables.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace pgcontract::lint {
namespace {

// format_type() writes SQL's names, a parse tree the catalog's.
std::string short_type(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kNames = {
      {{"integer", "int4"},
       {"bigint", "int8"},
       {"smallint", "int2"},
       {"boolean", "bool"},
       {"real", "float4"},
       {"double precision", "float8"},
       {"character varying", "varchar"},
       {"character", "bpchar"},
       {"timestamp with time zone", "timestamptz"},
       {"timestamp without time zone", "timestamp"},
       {"time with time zone", "timetz"},
       {"time without time zone", "time"}}};
  const auto at = std::ranges::find(kNames, name, &std::pair<std::string_view, std::string_view>::first);
  return std::string(at == kNames.end() ? name : at->second);
}

ColumnSpec column_of(const Column& seen) {
  ColumnSpec column;
  column.name = seen.name;
  std::string type(seen.type_name);
  while (type.ends_with("[]")) {
    column.array = true;
    type.resize(type.size() - 2);
  }
  if (const auto open = type.find('('); open != std::string::npos && !type.starts_with('"')) {
    const auto close = std::min(type.find(')', open), type.size() - 1);
    for (std::size_t i = open; i < close; i = type.find_first_of(",)", i + 1)) {
      int number = 0;
      std::from_chars(type.data() + i + 1, type.data() + close, number);
      column.length.push_back(number);
    }
    type.erase(open, close - open + 1);
  }
  column.type = short_type(type);
  column.not_null = seen.not_null;
  column.identity = seen.identity != 0;
  column.generated = seen.generated == 's';
  column.has_default = !seen.default_expression.empty();
  column.serial = seen.default_expression.starts_with("nextval(");
  return column;
}

std::vector<std::string> names_of(const Observation& seen, Oid relation, const std::vector<int>& numbers) {
  std::vector<std::string> names;
  for (const int number : numbers) {
    const auto columns = seen.columns_of(relation);
    const auto at = std::ranges::find(columns, number, &Column::number);
    names.emplace_back(at == columns.end() ? std::string_view() : at->name);
  }
  return names;
}

KeyKind kind_of(char kind) {
  switch (kind) {
    case 'f': return KeyKind::ForeignKey;
    case 'p': return KeyKind::Primary;
    case 'u': return KeyKind::Unique;
    case 'x': return KeyKind::Exclusion;
    default: return KeyKind::Check;
  }
}

Table table_of(const Observation& seen, const Relation& relation) {
  Table table;
  table.name = {"", std::string(relation.name)};
  table.partition = relation.is_partition;
  table.partitioned = relation.kind == 'p';
  for (const auto& column : seen.columns_of(relation.oid)) table.columns.push_back(column_of(column));
  for (const auto& constraint : seen.constraints_of(relation.oid)) {
    KeySpec key;
    key.kind = kind_of(constraint.kind);
    key.name = constraint.name;
    key.columns = names_of(seen, relation.oid, constraint.columns);
    key.validated = constraint.validated;
    if (const Relation* other = seen.relation(constraint.referenced)) {
      const Schema* schema = seen.schema(other->schema);
      key.referenced = {schema && other->schema != relation.schema ? std::string(schema->name) : "",
                        std::string(other->name)};
    }
    table.keys.push_back(std::move(key));
  }
  for (const auto& index : seen.indexes_of(relation.oid))
    table.indexes.push_back({std::string(index.name),
                             names_of(seen, relation.oid, index.key_columns),
                             index.unique,
                             index.partial,
                             index.valid,
                             !index.partial,
                             {}});
  return table;
}

}  // namespace

const ColumnSpec* Table::column(std::string_view column_name) const {
  const auto at = std::ranges::find(columns, column_name, &ColumnSpec::name);
  return at == columns.end() ? nullptr : &*at;
}

const KeySpec* Table::key(std::string_view key_name) const {
  const auto at = std::ranges::find(keys, key_name, &KeySpec::name);
  return at == keys.end() ? nullptr : &*at;
}

Tables Tables::of_catalog(const Observation& seen, std::string_view schema, std::string own) {
  Tables tables(std::move(own));
  const Schema* found = seen.schema_named(schema);
  if (!found) return tables;
  for (const auto& relation : seen.relations_of(found->oid)) {
    if ((relation.kind != 'r' && relation.kind != 'p') || relation.from_extension) continue;
    if (seen.version_table_of(found->oid) && seen.version_table_of(found->oid)->relation == relation.oid) continue;
    Table table = table_of(seen, relation);
    tables.tables_.emplace(table.name.name, std::move(table));
  }
  return tables;
}

std::string Tables::label(const Name& name) const { return name.schema == own_ ? name.name : name.text(); }

const Table* Tables::find(const Name& name) const {
  const auto at = tables_.find(label(name));
  return at == tables_.end() ? nullptr : &at->second;
}

Table* Tables::at(const Name& name) {
  const auto found = tables_.find(label(name));
  return found == tables_.end() ? nullptr : &found->second;
}

const Table* Tables::of_index(const std::string& index) const {
  for (const auto& [label, table] : tables_)
    if (std::ranges::find(table.indexes, index, &IndexSpec::name) != table.indexes.end()) return &table;
  return nullptr;
}

void Tables::spoil(const std::string& index) {
  for (auto& [label, table] : tables_)
    for (auto& entry : table.indexes)
      if (entry.name == index) entry.valid = false;
}

Tables Tables::around(const std::vector<const Act*>& acts) const {
  Tables out(own_);
  const auto add = [&](const Table* table) {
    if (table) out.tables_.emplace(table->name.text(), *table);
  };
  for (const Act* act : acts) {
    add(find(act->relation));
    for (const auto& other : act->others) add(find(other));
    for (const auto& index : {act->relation.name, act->name})
      if (!index.empty() && (act->object == "index" || act->kind == ActKind::CreateIndex)) add(of_index(index));
  }
  return out;
}

// A unique or primary key is an index too.
void Tables::add_key(Table& table, KeySpec key, const OriginOf& origin_of) {
  const Origin origin = origin_of(!key.name.empty() ? key.name : key.columns.empty() ? "" : key.columns.front());
  key.origin = origin;
  if (key.kind == KeyKind::Primary)
    for (auto& column : table.columns)
      if (std::ranges::find(key.columns, column.name) != key.columns.end()) column.not_null = true;
  if ((key.kind == KeyKind::Unique || key.kind == KeyKind::Primary) && !key.using_index)
    table.indexes.push_back({key.name, key.columns, true, false, true, true, origin});
  table.keys.push_back(std::move(key));
}

void Tables::play(const Act& act, const OriginOf& origin_of) {
  if (act.kind == ActKind::CreateTable) {
    if (act.temporary || (act.guarded && find(act.relation))) return;
    Table table;
    table.name = act.relation.schema == own_ ? Name{"", act.relation.name} : act.relation;
    table.origin = origin_of("");
    table.partition = act.object == "partition";
    table.columns = act.columns;
    for (auto& column : table.columns) column.origin = origin_of(column.name);
    for (const auto& key : act.keys) add_key(table, key, origin_of);
    tables_.insert_or_assign(label(act.relation), std::move(table));
    return;
  }
  if (act.kind == ActKind::Drop) return drop(act);
  if (act.kind == ActKind::Rename) return rename(act);
  if (act.kind == ActKind::SetSchema) {
    if (auto node = tables_.extract(label(act.relation))) {
      node.mapped().name.schema = act.name == own_ ? "" : act.name;
      node.key() = node.mapped().name.text();
      tables_.insert(std::move(node));
    }
    return;
  }
  if (Table* table = at(act.relation)) play_on(*table, act, origin_of);
}

void Tables::play_on(Table& table, const Act& act, const OriginOf& origin_of) {
  const auto column = std::ranges::find(table.columns, act.column, &ColumnSpec::name);
  const bool there = column != table.columns.end();
  switch (act.kind) {
    case ActKind::AddColumn:
      if (there) return;
      table.columns.push_back(act.columns.front());
      table.columns.back().origin = origin_of(act.column);
      for (const auto& key : act.keys) add_key(table, key, origin_of);
      return;
    case ActKind::DropColumn: {
      std::erase_if(table.columns, [&](const auto& c) { return c.name == act.column; });
      const auto has = [&](const auto& part) {
        return std::ranges::find(part.columns, act.column) != part.columns.end();
      };
      std::erase_if(table.keys, has);
      std::erase_if(table.indexes, has);
      return;
    }
    case ActKind::ColumnType:
      if (!there) return;
      column->type = act.columns.front().type;
      column->length = act.columns.front().length;
      column->array = act.columns.front().array;
      column->origin = origin_of(act.column);
      return;
    case ActKind::SetNotNull:
      if (there) column->not_null = true;
      return;
    case ActKind::DropNotNull:
      if (there) column->not_null = false;
      return;
    case ActKind::ColumnDefault:
      if (there) column->has_default = act.on;
      return;
    case ActKind::AddKey:
      for (const auto& key : act.keys) add_key(table, key, origin_of);
      return;
    case ActKind::ValidateKey:
      for (auto& key : table.keys)
        if (key.name == act.name) key.validated = true;
      return;
    case ActKind::DropKey:
      std::erase_if(table.keys, [&](const auto& key) { return key.name == act.name; });
      std::erase_if(table.indexes, [&](const auto& index) { return index.name == act.name; });
      return;
    case ActKind::CreateIndex:
      if (act.guarded && std::ranges::find(table.indexes, act.name, &IndexSpec::name) != table.indexes.end()) return;
      table.indexes.push_back(*act.index);
      table.indexes.back().origin = origin_of(act.name);
      return;
    default: return;
  }
}

void Tables::rename(const Act& act) {
  if (act.object == "table") {
    if (auto node = tables_.extract(label(act.relation))) {
      node.mapped().name.name = act.name;
      node.key() = node.mapped().name.text();
      tables_.insert(std::move(node));
    }
    return;
  }
  Table* table = at(act.relation);
  if (!table) return;
  if (act.object == "constraint")
    for (auto& key : table->keys)
      if (key.name == act.column) key.name = act.name;
  if (act.object != "column") return;
  const auto renamed = [&](std::vector<std::string>& columns) { std::ranges::replace(columns, act.column, act.name); };
  for (auto& column : table->columns)
    if (column.name == act.column) column.name = act.name;
  for (auto& key : table->keys) renamed(key.columns);
  for (auto& index : table->indexes) renamed(index.columns);
}

void Tables::drop(const Act& act) {
  if (act.object == "table") tables_.erase(label(act.relation));
  if (act.object == "index")
    for (auto& [label, table] : tables_)
      std::erase_if(table.indexes, [&](const auto& index) { return index.name == act.relation.name; });
}

}  // namespace pgcontract::lint
