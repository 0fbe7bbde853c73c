#pragma once
// The catalog queries: which .sql file gives which fact on which server versions, and how its rows become values. One
// table; nobody else asks for the server's version.

#include <span>
#include <string_view>
#include <vector>

#include "observe/copy_row.hpp"

namespace pgcontract::observe {

inline constexpr int kOldestServer = 140000;
inline constexpr int kAnyVersion = 0;

struct CatalogQuery {
  Fact fact;
  std::string_view file;  // below observe/
  int from_version;       // server_version_num, inclusive; kAnyVersion: no bound
  int before_version;     // exclusive; kAnyVersion: no bound
  void (*read)(CopyRow& row, Observation& into);
  bool serves(int version) const {
    return version >= from_version && (before_version == kAnyVersion || version < before_version);
  }
};

std::span<const CatalogQuery> catalog_queries();
// Those that reachability needs; {column} and {schema} in their texts are the tenants' column and the application's
// schema, as literals.
std::vector<CatalogQuery> reach_queries();
// Of some relations; {relations} is the list of their oids.
const CatalogQuery& columns_of_query();
// SELECT … of a file, without its comments.
std::string_view query_text(std::string_view file);

}  // namespace pgcontract::observe
