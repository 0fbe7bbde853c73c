#include "tenancy/prove.hpp"

#include <array>

#include "tenancy/search.hpp"

namespace pgcontract::tenancy {

Proof prove(const Contract& contract, const Observation& observation, std::optional<Uuid> only) {
  Search search(contract, observation, only);
  if (search.principals.tenants().empty()) return {};  // nobody is there to be reached
  for (const auto part : {search_roles, search_logins, search_schemas, search_tables, search_rows, search_views,
                          search_functions, search_guard, search_others})
    part(search);
  Proof proof;
  proof.tenants = static_cast<std::int64_t>(search.principals.tenants().size());
  proof.classes = static_cast<std::int64_t>(search.principals.classes().size());
  proof.shared_tables = search.shared_tables;
  proof.roles = static_cast<std::int64_t>(observation.roles.size());
  proof.objects = search.objects;
  proof.tenant = only;
  search.breaks.finish(proof);
  return proof;
}

std::span<const Fact> facts_of_proof() {
  static constexpr std::array kFacts = {
      Fact::Server,         Fact::Settings,     Fact::Databases,   Fact::Roles,         Fact::Schemas,
      Fact::Relations,      Fact::Columns,      Fact::Constraints, Fact::Indexes,       Fact::Policies,
      Fact::Triggers,       Fact::Functions,    Fact::Views,       Fact::DefaultAcls,   Fact::SystemObjects,
      Fact::ForeignServers, Fact::LargeObjects, Fact::Parameters,  Fact::EventTriggers, Fact::Rules,
      Fact::Types,          Fact::Registry};
  return kFacts;
}

std::string path_text(const Break& broken) {
  std::string text = broken.path.empty() ? broken.who.example : broken.path.front().from;
  for (const auto& edge : broken.path) text += fmt::format(" -[{}]-> {}", edge.by, edge.to);
  return text;
}

}  // namespace pgcontract::tenancy
