#include "fingerprint/design.hpp"

#include <algorithm>

namespace pgcontract::fingerprint {

Wanted tenant_wanted(const Tenancy& tenancy, const Uuid& id) {
  const std::string schema = tenancy.schema_of(id);
  return {schema,
          {{schema, "{schema}"},
           {tenancy.role_of(id), "{role}"},
           {id.canonical(), "{tenant}"},
           {id.hex(), "{tenant_hex}"}}};
}

bool is_of_the_design(const Difference& difference) {
  if (difference.kind == "policy" || difference.attribute.starts_with("row security")) return !difference.expected;
  return difference.kind == "default privileges" || difference.kind == "schema" ||
         difference.kind.starts_with("publication of") || difference.attribute == "privileges";
}

std::size_t without_the_design(DriftSet& set) {
  std::size_t left_out = 0;
  for (auto& group : set.groups) left_out += std::erase_if(group.differences, is_of_the_design);
  for (const auto& group : set.groups)
    if (group.differences.empty()) set.alike += group.schemas.size();
  std::erase_if(set.groups, [](const DriftGroup& group) { return group.differences.empty(); });
  return left_out;
}

}  // namespace pgcontract::fingerprint
