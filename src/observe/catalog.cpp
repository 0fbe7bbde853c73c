#include "observe/catalog.hpp"

#include <algorithm>
#include <iterator>

#include "base/embedded.hpp"

namespace pgcontract::observe {

std::span<const EmbeddedText> embedded_texts();

namespace {

// Each reader takes the columns in the order of its .sql file. Braced initialisation evaluates from left to right.

void read_server(CopyRow& row, Observation& into) {
  into.server = ServerFacts{row.number<int>(), row.text(), row.text(), row.boolean(),
                            row.text(),        row.oid(),  row.text(), row.boolean()};
}
void read_setting(CopyRow& row, Observation& into) {
  into.settings.push_back(Setting{row.text(), row.text(), row.text(), row.boolean()});
}
std::optional<Instant> instant_of(CopyRow& row) {
  const auto milliseconds = row.number<std::int64_t>();  // 0 where null
  if (milliseconds == 0) return std::nullopt;
  return Instant(std::chrono::milliseconds(milliseconds));
}
void read_archiver(CopyRow& row, Observation& into) {
  into.archiver =
      ArchiverFacts{row.number<std::int64_t>(), row.text(), instant_of(row), row.text(), instant_of(row), row.text()};
}
void read_database(CopyRow& row, Observation& into) {
  into.databases.push_back(
      Database{row.oid(), row.text(), row.oid(), row.text(), row.boolean(), row.text(), row.text()});
}
void read_role(CopyRow& row, Observation& into) {
  into.roles.push_back(Role{row.oid(), row.text(), row.boolean(), row.boolean(), row.boolean(), row.boolean(),
                            row.boolean(), row.boolean(), row.boolean(), row.number<int>(), row.text(),
                            row.text_list()});
}
void read_membership(CopyRow& row, Observation& into) {
  into.memberships.push_back(
      Membership{row.oid(), row.oid(), row.boolean(), row.boolean(), row.boolean(), row.text_list()});
}
void read_schema(CopyRow& row, Observation& into) {
  into.schemas.push_back(Schema{row.oid(), row.text(), row.oid(), row.text(), row.text()});
}
void read_relation(CopyRow& row, Observation& into) {
  into.relations.push_back(Relation{row.oid(), row.oid(), row.text(), row.letter(), row.letter(), row.oid(), row.text(),
                                    row.boolean(), row.boolean(), row.boolean(), row.oid(), row.number<double>(),
                                    row.number<std::int64_t>(), row.letter(), row.text(), row.boolean()});
}
void read_column(CopyRow& row, Observation& into) {
  into.columns.push_back(Column{row.oid(),
                                row.number<int>(),
                                row.text(),
                                row.oid(),
                                row.number<int>(),
                                {},
                                {},
                                row.boolean(),
                                row.letter(),
                                row.letter(),
                                row.text(),
                                row.text()});
}
void read_constraint(CopyRow& row, Observation& into) {
  into.constraints.push_back(Constraint{row.oid(), row.oid(), row.text(), row.letter(), row.number_list<int>(),
                                        row.oid(), row.number_list<int>(), row.boolean()});
}
void read_index(CopyRow& row, Observation& into) {
  into.indexes.push_back(Index{row.oid(), row.oid(), row.text(), row.boolean(), row.boolean(), row.boolean(),
                               row.number_list<int>(), row.boolean()});
}
void read_policy(CopyRow& row, Observation& into) {
  into.policies.push_back(Policy{row.oid(), row.oid(), row.text(), row.boolean(), row.letter(), row.number_list<Oid>(),
                                 row.text(), row.text()});
}
void read_trigger(CopyRow& row, Observation& into) {
  into.triggers.push_back(Trigger{row.oid(), row.oid(), row.text(), row.oid(), row.letter()});
}
void read_function(CopyRow& row, Observation& into) {
  into.functions.push_back(Function{row.oid(), row.oid(), row.text(), row.text(), row.letter(), row.oid(), row.text(),
                                    row.boolean(), row.text(), row.letter(), row.text_list(), row.text(), row.boolean(),
                                    row.text()});
}
void read_function_use(CopyRow& row, Observation& into) {
  into.function_uses.push_back(FunctionUse{row.oid(), row.letter(), row.oid()});
}
void read_view(CopyRow& row, Observation& into) {
  into.views.push_back(View{row.oid(), row.text(), row.boolean(), row.number<int>()});
}
void read_default_acl(CopyRow& row, Observation& into) {
  into.default_acls.push_back(DefaultAcl{row.oid(), row.oid(), row.letter(), row.text()});
}
void read_extension(CopyRow& row, Observation& into) {
  into.extensions.push_back(Extension{row.oid(), row.text(), row.oid(), row.text(), row.oid()});
}
void read_sequence(CopyRow& row, Observation& into) {
  into.sequences.push_back(Sequence{row.oid(), row.text(), row.boolean(), row.oid()});
}
void read_publication(CopyRow& row, Observation& into) {
  into.publications.push_back(Publication{row.oid(), row.text(), row.oid(), row.boolean(), row.number_list<Oid>()});
}
void read_subscription(CopyRow& row, Observation& into) {
  into.subscriptions.push_back(Subscription{row.oid(), row.text(), row.oid(), row.boolean()});
}
void read_slot(CopyRow& row, Observation& into) {
  into.slots.push_back(Slot{row.text(), row.text(), row.text(), row.text(), row.boolean(), row.text()});
}
void read_system_object(CopyRow& row, Observation& into) {
  into.system_objects.push_back(SystemObject{row.oid(), row.letter(), row.text(), row.text(), row.text()});
}
void read_foreign_server(CopyRow& row, Observation& into) {
  into.foreign_servers.push_back(ForeignServer{row.oid(), row.letter(), row.text(), row.oid(), row.text()});
}
void read_user_mapping(CopyRow& row, Observation& into) {
  into.user_mappings.push_back(UserMapping{row.oid(), row.oid()});
}
void read_large_object(CopyRow& row, Observation& into) {
  into.large_objects.push_back(LargeObject{row.oid(), row.oid(), row.text()});
}
void read_parameter(CopyRow& row, Observation& into) {
  into.parameters.push_back(ParameterAcl{row.text(), row.text()});
}
void read_event_trigger(CopyRow& row, Observation& into) {
  into.event_triggers.push_back(EventTrigger{row.oid(), row.text(), row.text(), row.oid(), row.oid(), row.letter()});
}
void read_rule(CopyRow& row, Observation& into) {
  into.rule_reads.push_back(RuleRead{row.oid(), row.oid(), row.letter()});
}
void read_type(CopyRow& row, Observation& into) {
  into.types.push_back(NamedType{row.oid(), row.oid(), row.text(), row.letter(), row.oid(), row.text()});
}
void read_column_acl(CopyRow& row, Observation& into) {
  Column column;
  column.relation = row.oid();
  column.number = row.number<int>();
  column.name = row.text();
  column.acl = row.text();
  column.identity = row.letter();
  column.generated = row.letter();
  column.not_null = row.boolean();
  into.columns.push_back(column);
}

constexpr CatalogQuery kQueries[] = {
    {Fact::Server, "sql/server.sql", kAnyVersion, kAnyVersion, read_server},
    {Fact::Settings, "sql/settings.sql", kOldestServer, kAnyVersion, read_setting},
    {Fact::Archiver, "sql/archiver.sql", kOldestServer, kAnyVersion, read_archiver},
    {Fact::Databases, "sql/databases.sql", kOldestServer, kAnyVersion, read_database},
    {Fact::Roles, "sql/roles.sql", kOldestServer, kAnyVersion, read_role},
    {Fact::Roles, "sql/memberships_14.sql", kOldestServer, 160000, read_membership},
    {Fact::Roles, "sql/memberships_16.sql", 160000, kAnyVersion, read_membership},
    {Fact::Schemas, "sql/schemas.sql", kOldestServer, kAnyVersion, read_schema},
    {Fact::Relations, "sql/relations.sql", kOldestServer, kAnyVersion, read_relation},
    {Fact::Columns, "sql/columns.sql", kOldestServer, kAnyVersion, read_column},
    {Fact::Constraints, "sql/constraints.sql", kOldestServer, kAnyVersion, read_constraint},
    {Fact::Indexes, "sql/indexes.sql", kOldestServer, kAnyVersion, read_index},
    {Fact::Policies, "sql/policies.sql", kOldestServer, kAnyVersion, read_policy},
    {Fact::Triggers, "sql/triggers.sql", kOldestServer, kAnyVersion, read_trigger},
    {Fact::Functions, "sql/functions.sql", kOldestServer, kAnyVersion, read_function},
    {Fact::Functions, "sql/function_uses.sql", kOldestServer, kAnyVersion, read_function_use},
    {Fact::SystemObjects, "sql/strict_functions.sql", kOldestServer, kAnyVersion, read_system_object},
    {Fact::Views, "sql/views.sql", kOldestServer, kAnyVersion, read_view},
    {Fact::DefaultAcls, "sql/default_acls.sql", kOldestServer, kAnyVersion, read_default_acl},
    {Fact::Extensions, "sql/extensions.sql", kOldestServer, kAnyVersion, read_extension},
    {Fact::Sequences, "sql/sequences.sql", kOldestServer, kAnyVersion, read_sequence},
    {Fact::Publications, "sql/publications.sql", kOldestServer, kAnyVersion, read_publication},
    {Fact::Subscriptions, "sql/subscriptions.sql", kOldestServer, kAnyVersion, read_subscription},
    {Fact::Slots, "sql/slots.sql", kOldestServer, kAnyVersion, read_slot},
    {Fact::SystemObjects, "sql/system_objects.sql", kOldestServer, kAnyVersion, read_system_object},
    {Fact::ForeignServers, "sql/foreign_servers.sql", kOldestServer, kAnyVersion, read_foreign_server},
    {Fact::ForeignServers, "sql/user_mappings.sql", kOldestServer, kAnyVersion, read_user_mapping},
    {Fact::LargeObjects, "sql/large_objects.sql", kOldestServer, kAnyVersion, read_large_object},
    {Fact::Parameters, "sql/parameters_15.sql", 150000, kAnyVersion, read_parameter},
    {Fact::EventTriggers, "sql/event_triggers.sql", kOldestServer, kAnyVersion, read_event_trigger},
    {Fact::Rules, "sql/rule_reads.sql", kOldestServer, kAnyVersion, read_rule},
    {Fact::Types, "sql/domain_types.sql", kOldestServer, kAnyVersion, read_type},
};

// In place of the rows above, for reachability alone: what it needs of the three largest catalogs.
constexpr CatalogQuery kReachQueries[] = {
    {Fact::Columns, "sql/reach/columns.sql", kOldestServer, kAnyVersion, read_column_acl},
    {Fact::Constraints, "sql/reach/constraints.sql", kOldestServer, kAnyVersion, read_constraint},
    {Fact::Indexes, "sql/reach/indexes.sql", kOldestServer, kAnyVersion, read_index},
};
constexpr CatalogQuery kColumnsOf{Fact::Columns, "sql/reach/columns_of.sql", kOldestServer, kAnyVersion,
                                  read_column_acl};
// What reachability does not ask.
constexpr Fact kBeyondReach[] = {Fact::Extensions, Fact::Sequences, Fact::Subscriptions, Fact::Slots};

}  // namespace

std::span<const CatalogQuery> catalog_queries() { return kQueries; }

std::vector<CatalogQuery> reach_queries() {
  std::vector<CatalogQuery> queries;
  for (const auto& query : kQueries) {
    const bool replaced = std::ranges::find(kReachQueries, query.fact, &CatalogQuery::fact) != std::end(kReachQueries);
    if (!replaced && std::ranges::find(kBeyondReach, query.fact) == std::end(kBeyondReach)) queries.push_back(query);
  }
  queries.insert(queries.end(), std::begin(kReachQueries), std::end(kReachQueries));
  return queries;
}

const CatalogQuery& columns_of_query() { return kColumnsOf; }

std::string_view query_text(std::string_view file) {
  std::string_view text = find_embedded(embedded_texts(), file);
  while (text.starts_with("--")) text.remove_prefix(text.find('\n') + 1);
  return text;
}

}  // namespace pgcontract::observe
