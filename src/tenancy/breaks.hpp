#pragma once
// Collects what the search finds: single hits in, classes of pairs that break out, each with one example. Which tenants
// reach which is counted exactly, whatever overlaps. Refers to the Principals; one thread.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tenancy/principals.hpp"

namespace pgcontract::tenancy {

// The victim of a hit, where it is not one tenant.
inline constexpr std::size_t kEverybody = static_cast<std::size_t>(-2);

struct Hit {
  std::string_view kind;
  std::string_view clause;
  Effect effect = Effect::Reads;
  // Who: holders of a grantee, all tenants of a class, or a role that is no tenant (by its name).
  RoleId grantee = kNobody;
  std::size_t tenant_class = kNoTenant;
  Text role = {};
  bool sessions_of_victims = false;  // the role is what sessions of all its victims log in as: each reaches the others
  std::size_t victim = kEverybody;
  Subject subject = {};  // for objects of tenants' schemas the example is the first by name, and the others are counted
  bool certain = true;
  std::string doubt = {};
};

// Fills path, demonstration and relations for the pair chosen as the example.
using Tell = std::function<void(Break& into, std::size_t who, std::size_t whom)>;

class Breaks {
 public:
  Breaks(const Principals& principals, const Observation& observation, std::optional<Uuid> only);

  void add(Hit hit, Tell tell);
  // Everything found, the gravest first; also the pairs of the Proof.
  void finish(Proof& proof);

 private:
  struct Entry {
    Hit hit;  // of the example
    Tell tell;
    TenantSet who;
    TenantSet whom;
    std::vector<std::pair<std::size_t, std::size_t>> pairs;  // where who and whom belong together
    std::int64_t objects = 0;
  };

  const TenantSet& who_of(const Hit& hit) const;
  std::string key_of(const Hit& hit) const;
  bool matters(const Hit& hit) const;
  std::pair<std::size_t, std::size_t> example_of(const Entry& entry) const;
  Break made(Entry& entry) const;
  void count_pairs(const Entry& entry, Break& into) const;
  void mark_pairs(const Entry& entry, std::vector<TenantSet>& broken) const;

  const Principals& p_;
  const Observation& o_;
  std::size_t only_ = kNoTenant;
  TenantSet nobody_;
  TenantSet whole_;  // all tenants, also those without a role
  std::map<std::string, Entry> entries_;
};

}  // namespace pgcontract::tenancy
