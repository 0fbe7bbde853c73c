// CREATE TABLE, ALTER TABLE and CREATE INDEX out of the tree.
#include <algorithm>
#include <map>

#include "lint/tree.hpp"

namespace pgcontract::lint::tree {
namespace {

// `column IS NOT NULL` alone is what lets SET NOT NULL skip its scan.
std::string not_null_of(const Json& expression) {
  const Json& test = child(expression, "NullTest");
  if (text(test, "nulltesttype") != "IS_NOT_NULL") return {};
  const auto fields = strings(child(child(child(test, "arg"), "ColumnRef"), "fields"));
  return fields.size() == 1 ? fields.front() : std::string();
}

// A cast of the column itself is what ALTER TYPE does anyway.
bool computes(const Json& expression) {
  if (!expression.is_object() || child(expression, "ColumnRef").is_object()) return false;
  if (const Json& cast = child(expression, "TypeCast"); cast.is_object()) return computes(child(cast, "arg"));
  return true;
}

void add_column(const Json& definition, Act& act) { act.columns.push_back(column(definition, act.keys)); }

using Reader = void (*)(const Json& command, Act& act);

void of_column(const Json& command, Act& act, ActKind kind) {
  act.kind = kind;
  act.column = text(command, "name");
  act.object = "column";
}

const std::map<std::string, Reader, std::less<>>& readers() {
  static const std::map<std::string, Reader, std::less<>> kReaders = {
      {"AT_AddColumn",
       [](const Json& command, Act& act) {
         add_column(child(child(command, "def"), "ColumnDef"), act);
         of_column(command, act, ActKind::AddColumn);
         act.column = act.columns.front().name;
       }},
      {"AT_DropColumn", [](const Json& c, Act& a) { of_column(c, a, ActKind::DropColumn); }},
      {"AT_SetNotNull", [](const Json& c, Act& a) { of_column(c, a, ActKind::SetNotNull); }},
      {"AT_DropNotNull", [](const Json& c, Act& a) { of_column(c, a, ActKind::DropNotNull); }},
      {"AT_ColumnDefault",
       [](const Json& c, Act& a) {
         of_column(c, a, ActKind::ColumnDefault);
         a.on = child(c, "def").is_object();
       }},
      {"AT_AlterColumnType",
       [](const Json& command, Act& act) {
         of_column(command, act, ActKind::ColumnType);
         const Json& definition = child(child(command, "def"), "ColumnDef");
         add_column(definition, act);
         act.has_using = computes(child(definition, "raw_default"));
       }},
      {"AT_AddConstraint",
       [](const Json& command, Act& act) {
         act.kind = ActKind::AddKey;
         if (auto added = key(child(child(command, "def"), "Constraint"))) {
           act.name = added->name;
           act.keys.push_back(std::move(*added));
         }
       }},
      {"AT_ValidateConstraint",
       [](const Json& c, Act& a) {
         a.kind = ActKind::ValidateKey;
         a.name = text(c, "name");
       }},
      {"AT_DropConstraint",
       [](const Json& c, Act& a) {
         a.kind = ActKind::DropKey;
         a.name = text(c, "name");
         a.object = "constraint";
       }},
      {"AT_EnableRowSecurity", [](const Json&, Act& a) { a.kind = ActKind::RowSecurity, a.on = true; }},
      {"AT_ForceRowSecurity", [](const Json&, Act& a) { a.kind = ActKind::RowSecurity, a.on = true; }},
      {"AT_DisableRowSecurity", [](const Json&, Act& a) { a.kind = ActKind::RowSecurity; }},
      {"AT_NoForceRowSecurity", [](const Json&, Act& a) { a.kind = ActKind::RowSecurity; }},
      {"AT_SetTableSpace", [](const Json&, Act& a) { a.kind = ActKind::Storage, a.name = "SET TABLESPACE"; }},
      {"AT_SetLogged", [](const Json&, Act& a) { a.kind = ActKind::Storage, a.name = "SET LOGGED"; }},
      {"AT_SetUnLogged", [](const Json&, Act& a) { a.kind = ActKind::Storage, a.name = "SET UNLOGGED"; }},
      {"AT_SetAccessMethod", [](const Json&, Act& a) { a.kind = ActKind::Storage, a.name = "SET ACCESS METHOD"; }},
      {"AT_AttachPartition",
       [](const Json& c, Act& a) {
         a.kind = ActKind::Attach;
         a.others.push_back(relation(child(child(child(c, "def"), "PartitionCmd"), "name")));
       }},
      {"AT_DetachPartition",
       [](const Json& c, Act& a) {
         a.kind = ActKind::Detach;
         const Json& partition = child(child(c, "def"), "PartitionCmd");
         a.others.push_back(relation(child(partition, "name")));
         a.concurrently = flag(partition, "concurrent");
       }},
      {"AT_ChangeOwner",
       [](const Json& c, Act& a) {
         a.kind = ActKind::Owner;
         a.name = text(child(c, "newowner"), "rolename");
       }},
  };
  return kReaders;
}

}  // namespace

std::optional<KeySpec> key(const Json& constraint) {
  static const std::map<std::string, KeyKind, std::less<>> kKinds = {{"CONSTR_CHECK", KeyKind::Check},
                                                                     {"CONSTR_FOREIGN", KeyKind::ForeignKey},
                                                                     {"CONSTR_UNIQUE", KeyKind::Unique},
                                                                     {"CONSTR_PRIMARY", KeyKind::Primary},
                                                                     {"CONSTR_EXCLUSION", KeyKind::Exclusion}};
  const auto kind = kKinds.find(text(constraint, "contype"));
  if (kind == kKinds.end()) return std::nullopt;
  KeySpec key;
  key.kind = kind->second;
  key.name = text(constraint, "conname");
  key.columns = strings(child(constraint, key.kind == KeyKind::ForeignKey ? "fk_attrs" : "keys"));
  key.referenced = relation(child(constraint, "pktable"));
  key.validated = !flag(constraint, "skip_validation");
  key.using_index = !text(constraint, "indexname").empty();
  key.not_null_of = not_null_of(child(constraint, "raw_expr"));
  return key;
}

ColumnSpec column(const Json& definition, std::vector<KeySpec>& keys) {
  ColumnSpec column;
  column.name = text(definition, "colname");
  read_type(child(definition, "typeName"), column);
  const Json& constraints = child(definition, "constraints");
  if (!constraints.is_array()) return column;
  for (const auto& item : constraints) {
    const Json& constraint = child(item, "Constraint");
    const std::string kind = text(constraint, "contype");
    if (kind == "CONSTR_NOTNULL") column.not_null = true;
    if (kind == "CONSTR_IDENTITY") column.identity = column.not_null = true;
    if (kind == "CONSTR_GENERATED") column.generated = true;
    if (kind == "CONSTR_DEFAULT") {
      const Json& value = child(constraint, "raw_expr");
      column.has_default = !flag(child(value, "A_Const"), "isnull");
      column.volatile_default = may_be_volatile(value);
    }
    if (auto of_column = key(constraint)) {
      column.not_null = column.not_null || of_column->kind == KeyKind::Primary;
      if (of_column->columns.empty()) of_column->columns = {column.name};
      keys.push_back(std::move(*of_column));
    }
  }
  return column;
}

std::vector<Act> alter_table(const Json& statement) {
  std::vector<Act> acts;
  const std::string kind = text(statement, "objtype");
  const Json& commands = child(statement, "cmds");
  if (!commands.is_array()) return acts;
  for (const auto& item : commands) {
    const Json& command = child(item, "AlterTableCmd");
    Act act;
    act.kind = ActKind::AlterOther;
    act.relation = relation(child(statement, "relation"));
    act.guarded = flag(command, "missing_ok") || flag(child(command, "def"), "missing_ok");
    act.cascade = text(command, "behavior") == "DROP_CASCADE";
    const auto reader = readers().find(text(command, "subtype"));
    if (reader != readers().end() && (kind == "OBJECT_TABLE" || reader->first == "AT_ChangeOwner"))
      reader->second(command, act);
    for (const auto& key : act.keys)
      if (!key.referenced.name.empty()) act.others.push_back(key.referenced);
    acts.push_back(std::move(act));
  }
  return acts;
}

Act create_table(const Json& statement) {
  Act act;
  act.kind = ActKind::CreateTable;
  act.object = "table";
  act.relation = relation(child(statement, "relation"));
  act.guarded = flag(statement, "if_not_exists");
  act.temporary = text(child(statement, "relation"), "relpersistence") == "t";
  if (const Json& elements = child(statement, "tableElts"); elements.is_array())
    for (const auto& element : elements) {
      if (const Json& definition = child(element, "ColumnDef"); definition.is_object()) add_column(definition, act);
      if (auto added = key(child(element, "Constraint"))) act.keys.push_back(std::move(*added));
    }
  for (const auto& key : act.keys) {
    if (!key.referenced.name.empty()) act.others.push_back(key.referenced);
    if (key.kind != KeyKind::Primary) continue;
    for (auto& column : act.columns)
      if (std::ranges::find(key.columns, column.name) != key.columns.end()) column.not_null = true;
  }
  if (const Json& parents = child(statement, "inhRelations"); parents.is_array() && !parents.empty()) {
    act.others.push_back(relation(parents.front()));
    act.on = child(statement, "partbound").is_object();  // a partition of it
    if (act.on) act.object = "partition";
  }
  return act;
}

Act create_index(const Json& statement) {
  Act act;
  act.kind = ActKind::CreateIndex;
  act.object = "index";
  act.relation = relation(child(statement, "relation"));
  act.concurrently = flag(statement, "concurrent");
  act.guarded = flag(statement, "if_not_exists");
  act.index.emplace();
  act.index->name = act.name = text(statement, "idxname");
  act.index->unique = flag(statement, "unique");
  act.index->partial = child(statement, "whereClause").is_object();
  const std::string method = text(statement, "accessMethod");
  act.index->plain = method.empty() || method == "btree";
  if (const Json& elements = child(statement, "indexParams"); elements.is_array())
    for (const auto& element : elements) {
      const Json& part = child(element, "IndexElem");
      act.index->columns.push_back(text(part, "name"));
      if (child(part, "opclass").is_array() || text(part, "ordering") == "SORTBY_DESC") act.index->plain = false;
    }
  return act;
}

}  // namespace pgcontract::lint::tree
