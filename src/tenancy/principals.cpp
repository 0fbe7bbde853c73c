#include "tenancy/principals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace pgcontract::tenancy {
namespace {

// What makes tenants alike: their attributes and memberships; and that no policy is for one of them alone.
std::string shape_of(const Observation& o, const Role& role, const std::unordered_set<Oid>& in_policies) {
  std::string shape = fmt::format("{:d}{:d}{:d}{:d}{:d}", role.superuser, role.create_role, role.bypass_rls,
                                  role.replication, role.inherits);
  for (const auto& grant : std::ranges::equal_range(o.memberships, role.oid, {}, &Membership::member))
    shape +=
        fmt::format(" {}{}{}{}", grant.role, grant.admin ? "a" : "", grant.inherit ? "i" : "", grant.set ? "s" : "");
  return in_policies.contains(role.oid) ? shape + fmt::format(" itself {}", role.oid) : shape;
}

}  // namespace

std::string_view words_of(Step step) {
  switch (step) {
    case Step::Start: return "";
    case Step::Set: return "member, SET";
    case Step::Inherit: return "member, INHERIT";
    case Step::Admin: return "member, ADMIN: grants it to itself";
  }
  return "";
}

const Held* Closure::find(RoleId role) const {
  const Held* found = nullptr;
  for (const auto& each : held)
    if (each.role == role && (!found || each.becomes)) found = &each;
  return found;
}

Principals::Principals(const Contract& contract, const Observation& observation)
    : o_(observation), tenants_(tenancy::tenants(contract, observation)) {
  by_name_.reserve(o_.roles.size());
  for (RoleId i = 0; i < o_.roles.size(); ++i) by_name_.emplace(o_.roles[i].name, i);
  role_tenant_.assign(o_.roles.size(), kNoTenant);
  everyone_ = TenantSet(tenants_.size());
  nobody_ = TenantSet(tenants_.size());
  for (std::size_t t = 0; t < tenants_.size(); ++t) {
    if (tenants_[t].schema) by_schema_.emplace(tenants_[t].schema->oid, t);
    if (!tenants_[t].role) continue;
    role_tenant_[static_cast<std::size_t>(tenants_[t].role - o_.roles.data())] = t;
    everyone_.add(t);
  }
  find_owners(contract);
  make_classes();
}

void Principals::find_owners(const Contract& contract) {
  owns_data_.assign(o_.roles.size(), 0);
  const auto mark = [&](Oid owner) {
    const RoleId id = of(owner);
    if (id < owns_data_.size() && role_tenant_[id] == kNoTenant) owns_data_[id] = 1;
  };
  for (const auto& schema : o_.schemas)
    if (by_schema_.contains(schema.oid)) mark(schema.owner);
  Oid last = 0;  // neighbours mostly have the same owner
  for (const auto& relation : o_.relations)
    if (relation.owner != last && by_schema_.contains(relation.schema)) mark(last = relation.owner);
  for (const Relation* table : shared_tables(contract, o_)) mark(table->owner);
  if (const Database* database = o_.database()) mark(database->owner);
  if (const Schema* home = o_.schema_named(kSchema))
    for (const auto& function : o_.functions_of(home->oid)) mark(function.owner);
}

void Principals::make_classes() {
  std::unordered_map<std::string, std::size_t> by_shape;
  std::unordered_set<Oid> in_policies;
  for (const auto& policy : o_.policies) in_policies.insert(policy.roles.begin(), policy.roles.end());
  class_of_.assign(tenants_.size(), 0);
  holders_.resize(o_.roles.size());
  for (std::size_t t = 0; t < tenants_.size(); ++t) {
    if (!tenants_[t].role) continue;
    const auto [at, fresh] = by_shape.try_emplace(shape_of(o_, *tenants_[t].role, in_policies), classes_.size());
    if (fresh) classes_.push_back({{}, TenantSet(tenants_.size()), {}});
    classes_[at->second].tenants.push_back(t);
    classes_[at->second].set.add(t);
    class_of_[t] = at->second;
  }
  for (std::size_t c = 0; c < classes_.size(); ++c) {
    auto& one = classes_[c];
    one.closure = closure_of(of(tenants_[one.tenants.front()].role->oid));
    for (const auto& held : one.closure.held) {
      auto& list = holders_[held.role];
      if (held.plain && held.step != Step::Start && (list.empty() || list.back() != c)) list.push_back(c);
    }
  }
}

std::size_t Principals::tenant_of_schema(Oid schema) const {
  const auto at = by_schema_.find(schema);
  return at == by_schema_.end() ? kNoTenant : at->second;
}

RoleId Principals::find(Text name) const {
  if (name.empty()) return kPublic;
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? kNobody : at->second;
}

RoleId Principals::of(Oid role) const {
  const auto at = std::ranges::lower_bound(o_.roles, role, {}, &Role::oid);
  return at == o_.roles.end() || at->oid != role ? kNobody : static_cast<RoleId>(at - o_.roles.begin());
}

const TenantSet& Principals::holders(RoleId role) const {
  if (role == kPublic) return everyone_;
  if (role >= holders_.size()) return nobody_;
  const auto [at, fresh] = sets_.try_emplace(role, tenants_.size());
  if (fresh) {
    for (const std::size_t c : holders_[role]) at->second.add(classes_[c].set);
    if (role_tenant_[role] != kNoTenant) at->second.add(role_tenant_[role]);
  }
  return at->second;
}

bool Principals::is_break(RoleId role) const {
  return o_.roles[role].superuser || role_tenant_[role] != kNoTenant || owns_data_[role];
}

// Breadth first, so that the first way found is a shortest one. SET ROLE asks what the session's role is a member of;
// having no more than a role's privileges one cannot SET ROLE onwards, but can grant what that role may grant.
void Principals::expand(Closure& closure, std::size_t at, std::vector<char>& seen) const {
  const Held here = closure.held[at];
  const auto reach = [&](RoleId role, bool becomes, Step step) {
    const char mark = becomes ? 2 : 1;
    if (role >= seen.size() || seen[role] >= mark) return;
    seen[role] = mark;
    closure.held.push_back({role, becomes, step, at, here.plain && !is_break(role)});
  };
  const Role& role = o_.roles[here.role];
  if (here.becomes && role.superuser) return;  // nothing binds it
  for (const auto& grant : std::ranges::equal_range(o_.memberships, role.oid, {}, &Membership::member)) {
    const RoleId above = of(grant.role);
    if (grant.set && here.becomes)
      reach(above, true, Step::Set);
    else if (grant.inherit)
      reach(above, false, Step::Inherit);
    if (grant.admin) reach(above, true, Step::Admin);
  }
}

Closure Principals::closure_of(RoleId login) const {
  Closure closure;
  std::vector<char> seen(o_.roles.size(), 0);
  seen[login] = 2;
  closure.held.push_back({login, true, Step::Start, 0, !o_.roles[login].superuser});
  for (std::size_t at = 0; at < closure.held.size(); ++at) expand(closure, at, seen);
  return closure;
}

std::vector<RoleId> Principals::privileges_of(RoleId role) const {
  std::vector<RoleId> roles{role};
  for (std::size_t at = 0; at < roles.size(); ++at)
    for (const auto& grant : std::ranges::equal_range(o_.memberships, o_.roles[roles[at]].oid, {}, &Membership::member))
      if (const RoleId above = of(grant.role);
          grant.inherit && above != kNobody && std::ranges::count(roles, above) == 0)
        roles.push_back(above);
  return roles;
}

std::vector<Edge> Principals::path(const Closure& closure, const Held& held, std::string_view start) const {
  std::vector<Edge> edges;
  for (const Held* at = &held; at->step != Step::Start; at = &closure.held[at->from]) {
    const Held& from = closure.held[at->from];
    edges.push_back({from.step == Step::Start ? std::string(start) : std::string(o_.roles[from.role].name),
                     std::string(words_of(at->step)), std::string(o_.roles[at->role].name)});
  }
  std::ranges::reverse(edges);
  return edges;
}

}  // namespace pgcontract::tenancy
