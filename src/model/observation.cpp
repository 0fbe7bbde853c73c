#include "model/observation.hpp"

#include <algorithm>
#include <cstring>

namespace pgcontract {
namespace {

// The run of elements whose key equals `value` in a list sorted by that key.
template <typename T, typename Key>
std::span<const T> run_of(const std::vector<T>& list, Key T::* key, const Key& value) {
  const auto [first, last] = std::equal_range(list.begin(), list.end(), value, [&](const auto& a, const auto& b) {
    if constexpr (std::is_same_v<std::decay_t<decltype(a)>, T>)
      return a.*key < b;
    else
      return a < b.*key;
  });
  return {first, last};
}

template <typename T>
const T* by_oid(const std::vector<T>& list, Oid oid) {
  const auto run = run_of(list, &T::oid, oid);
  return run.empty() ? nullptr : run.data();
}

template <typename T>
const T* by_name(const std::vector<T>& list, std::string_view name) {
  for (const auto& item : list)
    if (item.name == name) return &item;
  return nullptr;
}

template <typename T, typename... Keys>
void sort_by(std::vector<T>& list, Keys... keys) {
  const auto less = [=](const T& a, const T& b) { return std::tie(a.*keys...) < std::tie(b.*keys...); };
  if (!std::is_sorted(list.begin(), list.end(), less)) std::sort(list.begin(), list.end(), less);
}

// ruleutils.c quotes an identifier unless it is lower-case letters, digits and underscores, starts with no digit and is
// no keyword. We quote every keyword that cannot name a column or table bare.
constexpr std::string_view kReserved[] = {"all",
                                          "analyse",
                                          "analyze",
                                          "and",
                                          "any",
                                          "array",
                                          "as",
                                          "asc",
                                          "asymmetric",
                                          "authorization",
                                          "between",
                                          "bigint",
                                          "binary",
                                          "bit",
                                          "boolean",
                                          "both",
                                          "case",
                                          "cast",
                                          "char",
                                          "character",
                                          "check",
                                          "coalesce",
                                          "collate",
                                          "collation",
                                          "column",
                                          "concurrently",
                                          "constraint",
                                          "create",
                                          "cross",
                                          "current_catalog",
                                          "current_date",
                                          "current_role",
                                          "current_schema",
                                          "current_time",
                                          "current_timestamp",
                                          "current_user",
                                          "dec",
                                          "decimal",
                                          "default",
                                          "deferrable",
                                          "desc",
                                          "distinct",
                                          "do",
                                          "else",
                                          "end",
                                          "except",
                                          "exists",
                                          "extract",
                                          "false",
                                          "fetch",
                                          "float",
                                          "for",
                                          "foreign",
                                          "freeze",
                                          "from",
                                          "full",
                                          "grant",
                                          "greatest",
                                          "group",
                                          "grouping",
                                          "having",
                                          "ilike",
                                          "in",
                                          "initially",
                                          "inner",
                                          "inout",
                                          "int",
                                          "integer",
                                          "intersect",
                                          "interval",
                                          "into",
                                          "is",
                                          "isnull",
                                          "join",
                                          "lateral",
                                          "leading",
                                          "least",
                                          "left",
                                          "like",
                                          "limit",
                                          "localtime",
                                          "localtimestamp",
                                          "national",
                                          "natural",
                                          "nchar",
                                          "none",
                                          "normalize",
                                          "not",
                                          "notnull",
                                          "null",
                                          "nullif",
                                          "numeric",
                                          "offset",
                                          "on",
                                          "only",
                                          "or",
                                          "order",
                                          "out",
                                          "outer",
                                          "overlaps",
                                          "overlay",
                                          "placing",
                                          "position",
                                          "precision",
                                          "primary",
                                          "real",
                                          "references",
                                          "returning",
                                          "right",
                                          "row",
                                          "select",
                                          "session_user",
                                          "setof",
                                          "similar",
                                          "smallint",
                                          "some",
                                          "substring",
                                          "symmetric",
                                          "system_user",
                                          "table",
                                          "tablesample",
                                          "then",
                                          "time",
                                          "timestamp",
                                          "to",
                                          "trailing",
                                          "treat",
                                          "trim",
                                          "true",
                                          "union",
                                          "unique",
                                          "user",
                                          "using",
                                          "values",
                                          "varchar",
                                          "variadic",
                                          "verbose",
                                          "when",
                                          "where",
                                          "window",
                                          "with",
                                          "xmlattributes",
                                          "xmlconcat",
                                          "xmlelement",
                                          "xmlexists",
                                          "xmlforest",
                                          "xmlnamespaces",
                                          "xmlparse",
                                          "xmlpi",
                                          "xmlroot",
                                          "xmlserialize",
                                          "xmltable"};

}  // namespace

std::string_view to_string(Fact fact) {
  switch (fact) {
    case Fact::Server: return "server";
    case Fact::Settings: return "settings";
    case Fact::Databases: return "databases";
    case Fact::Roles: return "roles";
    case Fact::Schemas: return "schemas";
    case Fact::Relations: return "relations";
    case Fact::Columns: return "columns";
    case Fact::Constraints: return "constraints";
    case Fact::Indexes: return "indexes";
    case Fact::Policies: return "policies";
    case Fact::Triggers: return "triggers";
    case Fact::Functions: return "functions";
    case Fact::Views: return "views";
    case Fact::DefaultAcls: return "default privileges";
    case Fact::Extensions: return "extensions";
    case Fact::Sequences: return "sequences";
    case Fact::Publications: return "publications";
    case Fact::Subscriptions: return "subscriptions";
    case Fact::Slots: return "replication slots";
    case Fact::SystemObjects: return "privileges on system objects";
    case Fact::ForeignServers: return "foreign servers";
    case Fact::LargeObjects: return "large objects";
    case Fact::Parameters: return "privileges on parameters";
    case Fact::EventTriggers: return "event triggers";
    case Fact::Rules: return "rules";
    case Fact::Types: return "types";
    case Fact::VersionTables: return "Alembic version tables";
    case Fact::Registry: return "tenant registry";
    case Fact::Evidence: return "evidence";
    case Fact::MigrationFiles: return "migration files";
    case Fact::Archiver: return "the archiver";
  }
  return "?";
}

Text Observation::keep(std::string_view text) {
  if (text.empty()) return {};
  auto block = std::make_unique<char[]>(text.size());
  std::memcpy(block.get(), text.data(), text.size());
  const Text view(block.get(), text.size());
  arena.push_back(std::move(block));
  return view;
}

Text Evidence::value(std::string_view key) const {
  for (Text entry : detail)
    if (entry.starts_with(key) && entry.substr(key.size()).starts_with('=')) return entry.substr(key.size() + 1);
  return {};
}

void Observation::seal() {
  sort_by(settings, &Setting::name);
  sort_by(databases, &Database::oid);
  sort_by(roles, &Role::oid);
  sort_by(memberships, &Membership::member, &Membership::role);
  sort_by(schemas, &Schema::oid);
  sort_by(relations, &Relation::schema, &Relation::name);
  sort_by(columns, &Column::relation, &Column::number);
  sort_by(constraints, &Constraint::relation, &Constraint::name);
  sort_by(indexes, &Index::relation, &Index::name);
  sort_by(policies, &Policy::relation, &Policy::name);
  sort_by(triggers, &Trigger::relation, &Trigger::name);
  sort_by(functions, &Function::schema, &Function::name, &Function::arguments);
  sort_by(views, &View::relation);
  sort_by(default_acls, &DefaultAcl::role, &DefaultAcl::schema, &DefaultAcl::kind);
  sort_by(extensions, &Extension::name);
  sort_by(sequences, &Sequence::relation);
  sort_by(publications, &Publication::name);
  sort_by(subscriptions, &Subscription::name);
  sort_by(slots, &Slot::name);
  sort_by(system_objects, &SystemObject::kind, &SystemObject::name);
  sort_by(foreign_servers, &ForeignServer::oid);
  sort_by(user_mappings, &UserMapping::server, &UserMapping::role);
  sort_by(large_objects, &LargeObject::oid);
  sort_by(parameters, &ParameterAcl::name);
  sort_by(event_triggers, &EventTrigger::name);
  sort_by(rule_reads, &RuleRead::relation, &RuleRead::reads, &RuleRead::event);
  sort_by(types, &NamedType::schema, &NamedType::name);
  sort_by(version_tables, &VersionTable::schema);
  sort_by(registry.tenants, &RegisteredTenant::id);
  sort_by(tombstones, &Tombstone::id);
  relation_by_oid_.clear();
  for (std::uint32_t i = 0; i < relations.size(); ++i) relation_by_oid_.emplace(relations[i].oid, i);
}

const Role* Observation::role(Oid oid) const { return by_oid(roles, oid); }
const Role* Observation::role_named(std::string_view name) const { return by_name(roles, name); }
const Schema* Observation::schema(Oid oid) const { return by_oid(schemas, oid); }
const Schema* Observation::schema_named(std::string_view name) const { return by_name(schemas, name); }
const Relation* Observation::relation(Oid oid) const {
  const auto at = relation_by_oid_.find(oid);
  return at == relation_by_oid_.end() ? nullptr : &relations[at->second];
}
const Function* Observation::function(Oid oid) const {
  for (const auto& function : functions)
    if (function.oid == oid) return &function;
  return nullptr;
}
const Setting* Observation::setting(std::string_view name) const {
  const auto run = run_of(settings, &Setting::name, name);
  return run.empty() ? nullptr : run.data();
}
const Extension* Observation::extension_named(std::string_view name) const { return by_name(extensions, name); }
const Database* Observation::database() const { return by_oid(databases, server.database_oid); }

std::span<const Relation> Observation::relations_of(Oid s) const { return run_of(relations, &Relation::schema, s); }
std::span<const Column> Observation::columns_of(Oid r) const { return run_of(columns, &Column::relation, r); }
std::span<const Constraint> Observation::constraints_of(Oid r) const {
  return run_of(constraints, &Constraint::relation, r);
}
std::span<const Index> Observation::indexes_of(Oid r) const { return run_of(indexes, &Index::relation, r); }
std::span<const Policy> Observation::policies_of(Oid r) const { return run_of(policies, &Policy::relation, r); }
std::span<const Function> Observation::functions_of(Oid s) const { return run_of(functions, &Function::schema, s); }

std::span<const RuleRead> Observation::rule_reads_of(Oid r) const { return run_of(rule_reads, &RuleRead::relation, r); }
const View* Observation::view(Oid r) const {
  const auto run = run_of(views, &View::relation, r);
  return run.empty() ? nullptr : run.data();
}

const Column* Observation::column_named(Oid relation, std::string_view name) const {
  for (const auto& column : columns_of(relation))
    if (column.name == name) return &column;
  return nullptr;
}

const VersionTable* Observation::version_table_of(Oid schema) const {
  const auto run = run_of(version_tables, &VersionTable::schema, schema);
  return run.empty() ? nullptr : run.data();
}

std::string Observation::name_of(const Relation& relation) const {
  const Schema* home = schema(relation.schema);
  return (home ? quoted(home->name) : "?") + "." + quoted(relation.name);
}

std::string Observation::name_of(const Function& function) const {
  const Schema* home = schema(function.schema);
  return (home ? quoted(home->name) : "?") + "." + quoted(function.name) + "(" + std::string(function.arguments) + ")";
}

Text Observation::role_name(Oid oid) const {
  if (oid == 0) return "public";
  const Role* found = role(oid);
  return found ? found->name : Text("?");
}

std::string quoted(std::string_view identifier) {
  bool plain = !identifier.empty() && !(identifier.front() >= '0' && identifier.front() <= '9');
  for (char c : identifier) plain = plain && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
  if (plain && !std::ranges::binary_search(kReserved, identifier)) return std::string(identifier);
  std::string text = "\"";
  for (char c : identifier) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + '"';
}

std::string quoted_literal(std::string_view text) {
  // With a backslash the E'' form is used, as quote_literal() does: it reads the same whatever
  // standard_conforming_strings says.
  std::string out = text.find('\\') == std::string_view::npos ? "'" : "E'";
  for (char c : text) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  return out + "'";
}

}  // namespace pgcontract
