#include "lint/parse.hpp"

#include <fmt/format.h>
#include <pg_query.h>

#include <algorithm>
#include <map>
#include <memory>

#include "lint/tree.hpp"

namespace pgcontract::lint {
namespace {

using tree::child;
using tree::flag;
using tree::Json;
using tree::text;

// "OBJECT_MATVIEW" → "materialized view"
std::string object_word(std::string_view type) {
  static const std::map<std::string_view, std::string_view> kWords = {{"OBJECT_MATVIEW", "materialized view"},
                                                                      {"OBJECT_TABCONSTRAINT", "constraint"},
                                                                      {"OBJECT_FOREIGN_TABLE", "foreign table"}};
  if (const auto at = kWords.find(type); at != kWords.end()) return std::string(at->second);
  std::string word(type.starts_with("OBJECT_") ? type.substr(7) : type);
  for (char& c : word) c = c == '_' ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word;
}

std::vector<Act> drop(const Json& statement) {
  std::vector<Act> acts;
  const std::string object = object_word(text(statement, "removeType"));
  for (const auto& item : child(statement, "objects")) {
    Act act;
    act.kind = ActKind::Drop;
    act.object = object;
    act.guarded = flag(statement, "missing_ok");
    act.concurrently = flag(statement, "concurrent");
    act.cascade = text(statement, "behavior") == "DROP_CASCADE";
    auto parts = tree::strings(item);
    if (const Json& type = child(item, "TypeName"); type.is_object()) parts = tree::strings(child(type, "names"));
    if (const Json& function = child(item, "ObjectWithArgs"); function.is_object())
      parts = tree::strings(child(function, "objname"));
    if (const Json& name = child(item, "String"); name.is_object()) parts = {text(name, "sval")};
    const bool of_table = object == "trigger" || object == "policy" || object == "rule";
    if (of_table && parts.size() > 1) {
      act.name = parts.back();
      parts.pop_back();
    }
    act.relation = tree::qualified(parts);
    acts.push_back(std::move(act));
  }
  return acts;
}

Act rename(const Json& statement) {
  Act act;
  act.kind = ActKind::Rename;
  act.object = object_word(text(statement, "renameType"));
  act.relation = tree::relation(child(statement, "relation"));
  act.column = text(statement, "subname");
  act.name = text(statement, "newname");
  act.guarded = flag(statement, "missing_ok");
  return act;
}

std::vector<Act> of_relations(const Json& list, const Act& like) {
  std::vector<Act> acts;
  if (!list.is_array()) return acts;
  for (const auto& item : list) {
    acts.push_back(like);
    const Json& vacuumed = child(item, "VacuumRelation");
    acts.back().relation = tree::relation(vacuumed.is_object() ? child(vacuumed, "relation") : item);
  }
  return acts;
}

Act change_rows(const Json& statement, ActKind kind) {
  Act act;
  act.kind = kind;
  act.relation = tree::relation(child(statement, "relation"));
  act.has_where = child(statement, "whereClause").is_object();
  act.guarded = child(statement, "onConflictClause").is_object() || kind != ActKind::Insert;
  const Json& select = child(child(statement, "selectStmt"), "SelectStmt");
  act.from_query = kind == ActKind::Insert && select.is_object() && !child(select, "valuesLists").is_array();
  act.has_where = act.has_where || child(select, "whereClause").is_object();
  return act;
}

Act setting(const Json& statement) {
  Act act;
  act.kind = ActKind::Setting;
  act.name = text(statement, "name");
  act.local = flag(statement, "is_local");
  const Json& arguments = child(statement, "args");
  if (!arguments.is_array() || arguments.empty()) return act;
  const Json& constant = child(arguments.front(), "A_Const");
  if (const Json& word = child(constant, "sval"); word.is_object()) act.value = text(word, "sval");
  if (const Json& number = child(constant, "ival"); number.is_object())
    act.value = std::to_string(number.value("ival", 0));
  return act;
}

Act reindex(const Json& statement) {
  Act act;
  act.kind = ActKind::Reindex;
  act.object = object_word(std::string(text(statement, "kind")).replace(0, 8, ""));
  act.relation = tree::relation(child(statement, "relation"));
  act.concurrently = tree::has_option(child(statement, "params"), "concurrently");
  return act;
}

Act made(ActKind kind, std::string object, const Json& statement, const char* name_key) {
  Act act;
  act.kind = kind;
  act.object = std::move(object);
  const Json& name = child(statement, name_key);
  act.relation = name.is_string()  ? Name{"", name.get<std::string>()}
                 : name.is_array() ? tree::qualified(tree::strings(name))
                                   : tree::relation(name);
  act.guarded = flag(statement, "if_not_exists") || flag(statement, "replace");
  return act;
}

Act of_table(ActKind kind, const Json& statement, const char* table_key, const char* name_key) {
  Act act;
  act.kind = kind;
  act.relation = tree::relation(child(statement, table_key));
  act.name = text(statement, name_key);
  act.guarded = flag(statement, "replace");
  return act;
}

std::vector<Act> acts_of(const std::string& tag, const Json& s) {
  if (tag == "CreateStmt") return {tree::create_table(s)};
  if (tag == "AlterTableStmt") return tree::alter_table(s);
  if (tag == "IndexStmt") return {tree::create_index(s)};
  if (tag == "DropStmt") return drop(s);
  if (tag == "RenameStmt") return {rename(s)};
  if (tag == "InsertStmt") return {change_rows(s, ActKind::Insert)};
  if (tag == "UpdateStmt") return {change_rows(s, ActKind::Update)};
  if (tag == "DeleteStmt") return {change_rows(s, ActKind::Delete)};
  if (tag == "VariableSetStmt") return {setting(s)};
  if (tag == "ReindexStmt") return {reindex(s)};
  if (tag == "CreateTrigStmt") return {of_table(ActKind::CreateTrigger, s, "relation", "trigname")};
  if (tag == "CreatePolicyStmt") return {of_table(ActKind::CreatePolicy, s, "table", "policy_name")};
  if (tag == "AlterPolicyStmt") return {of_table(ActKind::AlterOther, s, "table", "policy_name")};
  if (tag == "ViewStmt") return {made(ActKind::CreateView, "view", s, "view")};
  if (tag == "CreateSchemaStmt") return {made(ActKind::CreateOther, "schema", s, "schemaname")};
  if (tag == "CreateExtensionStmt") return {made(ActKind::CreateOther, "extension", s, "extname")};
  if (tag == "CreateRoleStmt") return {made(ActKind::CreateOther, "role", s, "role")};
  if (tag == "CreateEnumStmt") return {made(ActKind::CreateOther, "type", s, "typeName")};
  if (tag == "CompositeTypeStmt") return {made(ActKind::CreateOther, "type", s, "typevar")};
  if (tag == "CreateDomainStmt") return {made(ActKind::CreateOther, "domain", s, "domainname")};
  if (tag == "CreateSeqStmt") return {made(ActKind::CreateOther, "sequence", s, "sequence")};
  if (tag == "CreateFunctionStmt") return {made(ActKind::CreateOther, "function", s, "funcname")};
  Act act;
  if (tag == "GrantStmt" || tag == "GrantRoleStmt" || tag == "AlterDefaultPrivilegesStmt") {
    act.kind = ActKind::Grant;
    act.object = flag(s, "is_grant") ? "GRANT" : "REVOKE";
    return {act};
  }
  if (tag == "SelectStmt") {
    act.kind = ActKind::Select;
    return {act};
  }
  if (tag == "DoStmt" || tag == "CallStmt") {
    act.kind = ActKind::Code;
    act.object = tag == "DoStmt" ? "DO" : "CALL";
    return {act};
  }
  return {};
}

std::vector<Act> rarer_acts_of(const std::string& tag, const Json& s) {
  Act act;
  if (tag == "TruncateStmt") {
    act.kind = ActKind::Truncate;
    act.cascade = text(s, "behavior") == "DROP_CASCADE";
    return of_relations(child(s, "relations"), act);
  }
  if (tag == "VacuumStmt") {
    act.kind = ActKind::Vacuum;
    act.full = tree::has_option(child(s, "options"), "full");
    return of_relations(child(s, "rels"), act);
  }
  if (tag == "LockStmt") {
    act.kind = ActKind::LockTable;
    act.lock = static_cast<Lock>(s.value("mode", 8));  // the server numbers them as we do
    return of_relations(child(s, "relations"), act);
  }
  if (tag == "AlterEnumStmt") {
    act.kind = text(s, "oldVal").empty() ? ActKind::EnumValue : ActKind::Rename;
    act.object = act.kind == ActKind::Rename ? "enum value" : "type";
    act.relation = tree::qualified(tree::strings(child(s, "typeName")));
    act.column = text(s, "oldVal");
    act.name = text(s, "newVal");
    act.guarded = flag(s, "skipIfNewValExists");
  } else if (tag == "ClusterStmt") {
    act.kind = ActKind::Cluster;
    act.relation = tree::relation(child(s, "relation"));
  } else if (tag == "RefreshMatViewStmt") {
    act.kind = ActKind::Refresh;
    act.relation = tree::relation(child(s, "relation"));
    act.concurrently = flag(s, "concurrent");
  } else if (tag == "AlterObjectSchemaStmt") {
    act.kind = ActKind::SetSchema;
    act.object = object_word(text(s, "objectType"));
    act.relation = tree::relation(child(s, "relation"));
    act.name = text(s, "newschema");
  } else if (tag == "AlterOwnerStmt") {
    act.kind = ActKind::Owner;
    act.name = text(child(s, "newowner"), "rolename");
  } else if (tag == "CreateTableAsStmt") {
    const bool view = text(s, "objtype") == "OBJECT_MATVIEW";
    act = made(view ? ActKind::CreateView : ActKind::CreateTable, view ? "materialized view" : "table", s, "");
    act.relation = tree::relation(child(child(s, "into"), "rel"));
    act.temporary = text(child(child(s, "into"), "rel"), "relpersistence") == "t";
    act.from_query = true;
  } else if (tag == "CommentStmt") {
    act.kind = ActKind::Comment;
    act.relation = tree::qualified(tree::strings(child(s, "object")));
  }
  return {act};
}

// Every relation, type and function that is named with its schema.
void add_named(const Json& node, std::vector<Name>& named) {
  const auto add = [&](Name name) {
    if (name.schema.empty() || name.schema == "pg_catalog" || name.schema == "information_schema") return;
    if (std::ranges::find(named, name) == named.end()) named.push_back(std::move(name));
  };
  if (node.is_object()) {
    if (child(node, "relname").is_string()) add(tree::relation(node));
    for (const char* key : {"names", "funcname", "typeName", "objname"})
      if (const Json& list = child(node, key); list.is_array()) add(tree::qualified(tree::strings(list)));
    if (const std::string type = text(node, "removeType");
        !type.empty() && type != "OBJECT_TRIGGER" && type != "OBJECT_POLICY" && type != "OBJECT_RULE")
      for (const auto& item : child(node, "objects")) add(tree::qualified(tree::strings(item)));
  }
  if (node.is_structured())
    for (const auto& item : node) add_named(item, named);
}

struct FreeResult {
  void operator()(PgQueryParseResult* result) const {
    pg_query_free_parse_result(*result);
    delete result;
  }
};

}  // namespace

Statement parse_statement(const std::string& sql) {
  Statement statement;
  statement.text = sql;
  const std::unique_ptr<PgQueryParseResult, FreeResult> result(new PgQueryParseResult(pg_query_parse(sql.c_str())));
  if (result->error) {
    statement.not_analysed = result->error->message;
    return statement;
  }
  const Json root = Json::parse(result->parse_tree, nullptr, /*allow_exceptions=*/false);
  const Json& statements = child(root, "stmts");
  if (!statements.is_array() || statements.size() != 1) {
    statement.not_analysed = fmt::format("{} statements in one", statements.size());
    return statement;
  }
  const auto [tag, body] = tree::tagged(child(statements.front(), "stmt"));
  statement.acts = acts_of(tag, *body);
  if (statement.acts.empty()) statement.acts = rarer_acts_of(tag, *body);
  add_named(*body, statement.named);
  if (!statement.acts.empty() && statement.acts.front().kind == ActKind::Code)
    statement.not_analysed = fmt::format("what {} runs is not looked into", statement.acts.front().object);
  return statement;
}

}  // namespace pgcontract::lint
