#pragma once
// Which objects the clauses speak of, and how findings name them. Pure; what is returned points into the Observation
// and lives as long as it. Any thread.

#include <string>
#include <string_view>
#include <vector>

#include "model/clause.hpp"

namespace pgcontract::compare {

// The tables that follow the team's conventions: tables and partitioned tables of the application, demo and tenant
// schemas. Not among them: partitions (judged through their parents), extensions' tables, Alembic's version table, and
// the telemetry schema, whose tables are Langfuse's own.
std::vector<const Relation*> convention_tables(const Judged& judged);

// PostgreSQL's word for a relation: "table", "materialized view" …
std::string_view kind_of(const Relation& relation);

Subject subject_of(const Observation& observation, const Relation& relation);
Subject subject_of(const Observation& observation, const Relation& table, const Column& column);
Subject subject_of(const Observation& observation, const Function& function);
Subject schema_subject(std::string_view name);
Subject setting_subject(std::string_view name);
// The one server observed.
Subject server_subject();

// "1 table", "21 tables"
std::string counted(std::size_t count, std::string_view noun);

// Why a setting is not in the observation: a few are shown to privileged roles only.
std::string invisible_setting(const Judged& judged, std::string_view name);

}  // namespace pgcontract::compare
