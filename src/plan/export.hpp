#pragma once
// Which rows outside its schema belong to a tenant's export: its own rows of the shared tables, and the rows of
// reference tables that those, or its own tables, refer to. As queries for a session that has the tenant's view. Pure.

#include <string>
#include <vector>

#include "model/clause.hpp"

namespace pgcontract::plan {

struct ExportedTable {
  const Relation* relation = nullptr;
  bool shared = false;                 // else a reference table
  std::string copy;                    // COPY (SELECT …) TO STDOUT
  std::string into;                    // COPY schema.table (…) FROM stdin
  std::vector<std::string> sequences;  // statements that set what numbers its columns behind its rows
};

struct ExportPlan {
  std::vector<ExportedTable> tables;
  std::vector<std::string> foreign_keys_left_out;  // those to tables that tenants may not read
};

// `readable`: whether the tenant may read a relation.
ExportPlan exported_tables(const Judged& judged, const Uuid& tenant, const std::vector<Oid>& unreadable);

}  // namespace pgcontract::plan
