#include "compare/scope.hpp"

#include <fmt/format.h>

#include "tenancy/design.hpp"

namespace pgcontract::compare {
namespace {

std::string schema_name(const Observation& observation, Oid oid) {
  const Schema* schema = observation.schema(oid);
  return schema ? std::string(schema->name) : std::string();
}

}  // namespace

std::vector<const Relation*> convention_tables(const Judged& judged) {
  const Contract& contract = judged.contract;
  std::vector<const Relation*> tables;
  for (const Schema* schema : tenancy::governed_schemas(contract, judged.observation)) {
    if (contract.schemas.telemetry && schema->name == contract.schemas.telemetry->name) continue;
    for (const auto& relation : judged.observation.relations_of(schema->oid)) {
      const bool alembics = contract.migrations && relation.name == contract.migrations->version_table;
      if (tenancy::is_table(relation) && !relation.is_partition && !alembics) tables.push_back(&relation);
    }
  }
  return tables;
}

std::string_view kind_of(const Relation& relation) {
  switch (relation.kind) {
    case 'v': return "view";
    case 'm': return "materialized view";
    case 'f': return "foreign table";
    case 'S': return "sequence";
    default: return "table";
  }
}

Subject subject_of(const Observation& observation, const Relation& relation) {
  return {std::string(kind_of(relation)), schema_name(observation, relation.schema), std::string(relation.name), ""};
}

Subject subject_of(const Observation& observation, const Relation& table, const Column& column) {
  return {"column", schema_name(observation, table.schema), std::string(table.name), std::string(column.name)};
}

Subject subject_of(const Observation& observation, const Function& function) {
  return {"function", schema_name(observation, function.schema),
          fmt::format("{}({})", quoted(function.name), function.arguments), ""};
}

Subject schema_subject(std::string_view name) { return {"schema", "", std::string(name), ""}; }
Subject setting_subject(std::string_view name) { return {"setting", "", std::string(name), ""}; }
Subject server_subject() { return {"server", "", "server", ""}; }

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string invisible_setting(const Judged& judged, std::string_view name) {
  return fmt::format("role {} cannot see setting {}: grant it pg_read_all_settings",
                     quoted(judged.observation.server.current_role), name);
}

}  // namespace pgcontract::compare
