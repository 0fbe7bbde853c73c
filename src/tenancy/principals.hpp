#pragma once
// Who is who: the tenants, the roles, and what a session of each tenant is, inherits and may become. Tenants that hold
// the same make one class, so that ten thousand of them are searched once. Refers to the Observation; one thread.

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/contract.hpp"
#include "model/proof.hpp"
#include "tenancy/design.hpp"
#include "tenancy/tenant_set.hpp"

namespace pgcontract::tenancy {

using RoleId = std::uint32_t;  // index into Observation::roles
inline constexpr RoleId kPublic = 0xffffffff;
inline constexpr RoleId kNobody = 0xfffffffe;
inline constexpr std::size_t kNoTenant = static_cast<std::size_t>(-1);

// How a step of a session from role to role is made.
enum class Step { Start, Set, Inherit, Admin };
std::string_view words_of(Step step);  // "member, SET"

// A role in a session's reach.
struct Held {
  RoleId role = kNobody;
  bool becomes = false;  // may be current_user; else only its privileges are there
  Step step = Step::Start;
  std::size_t from = 0;  // index into Closure::held
  // Nothing on the way is a break by itself (another tenant, an owner of tenants' data, a superuser): what is granted
  // to this role is looked at object by object.
  bool plain = true;
};

// All roles in reach of one session, nearest first.
struct Closure {
  std::vector<Held> held;
  const Held* find(RoleId role) const;  // as `becomes` where both are there
  bool has(RoleId role) const { return find(role) != nullptr; }
};

struct TenantClass {
  std::vector<std::size_t> tenants;
  TenantSet set;
  Closure closure;
};

class Principals {
 public:
  Principals(const Contract& contract, const Observation& observation);

  const std::vector<TenantState>& tenants() const { return tenants_; }
  const std::vector<TenantClass>& classes() const { return classes_; }
  std::size_t tenant_of_role(RoleId role) const { return role < role_tenant_.size() ? role_tenant_[role] : kNoTenant; }
  std::size_t tenant_of_schema(Oid schema) const;
  std::size_t class_of(std::size_t tenant) const { return class_of_[tenant]; }
  const TenantSet& everyone() const { return everyone_; }  // that has a role

  RoleId find(Text name) const;  // kPublic for "", kNobody where unknown
  RoleId of(Oid role) const;
  const Role& role(RoleId id) const { return o_.roles[id]; }

  // The tenants whose sessions hold what is granted to `role`, by plain ways.
  const TenantSet& holders(RoleId role) const;
  bool is_held(RoleId role) const { return role == kPublic || (role < holders_.size() && !holders_[role].empty()); }
  // Roles that own tenants' data, or the function that policies trust.
  bool owns_data(RoleId role) const { return role < owns_data_.size() && owns_data_[role]; }

  // What a session of `login` reaches.
  Closure closure_of(RoleId login) const;
  // The roles whose privileges a role has without a word: itself and what it inherits.
  std::vector<RoleId> privileges_of(RoleId role) const;
  // The path to `held` as edges, begun by `start` in place of the class's example.
  std::vector<Edge> path(const Closure& closure, const Held& held, std::string_view start) const;

 private:
  void find_owners(const Contract& contract);
  void make_classes();
  void expand(Closure& closure, std::size_t at, std::vector<char>& seen) const;
  bool is_break(RoleId role) const;

  const Observation& o_;
  std::vector<TenantState> tenants_;
  std::unordered_map<Text, RoleId> by_name_;
  std::unordered_map<Oid, std::size_t> by_schema_;
  std::vector<std::size_t> role_tenant_;
  std::vector<char> owns_data_;
  std::vector<TenantClass> classes_;
  std::vector<std::size_t> class_of_;
  TenantSet everyone_;
  TenantSet nobody_;
  std::vector<std::vector<std::size_t>> holders_;  // role → classes
  mutable std::unordered_map<RoleId, TenantSet> sets_;
};

}  // namespace pgcontract::tenancy
