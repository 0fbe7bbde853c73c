// SET ROLE asks who logged in, not who one is at the moment. A login that may become two tenants is therefore no
// boundary between them, whatever a pooler does at checkout. PostgreSQL 16 split membership in three, so that three
// kinds of steps lead from a login to a tenant's role.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "compare/declarations.hpp"
#include "compare/tenancy/wording.hpp"

namespace pgcontract::compare {
namespace {

// How one gets from a member to the role it is in.
enum class Step { None, SetRole, Inherit, Admin };

// Enough for two tenants beside a login that is one itself: two are what an attack needs to be shown.
constexpr std::size_t kShown = 3;

// Which tenant roles can be had from a role. The nodes are role × whether one can be that role or merely has its
// privileges; memberships make no circles (PostgreSQL refuses them), so that each node is worked out once from the
// nodes above it and keeps kShown tenants, the first by name: linear in the memberships, whatever the number of
// tenants.
class Reach {
 public:
  struct Entry {
    std::size_t tenant = 0;  // index into roles
    Step step = Step::None;  // the next step on the way to it
    std::size_t next = 0;    // the node that step leads to
  };

  Reach(const Contract& contract, const Observation& observation) : o_(observation) {
    nodes_.resize(o_.roles.size() * 2);
    tenant_.reserve(o_.roles.size());
    for (const auto& role : o_.roles) tenant_.push_back(contract.tenancy->tenant_of_role(role.name).has_value());
  }

  bool is_tenant(std::size_t role) const { return tenant_[role]; }
  static std::size_t start(std::size_t role) { return role * 2; }

  const std::vector<Entry>& of(std::size_t node) {
    static const std::vector<Entry> none;
    Node& here = nodes_[node];
    if (here.state == State::Open) return none;  // a circle after all: nothing new is found by going round
    if (here.state == State::Done) return here.entries;
    here.state = State::Open;
    const std::size_t role = node / 2;
    const bool privileges_only = node % 2 == 1;
    if (tenant_[role]) add(here.entries, {role, Step::None, node});
    for (const auto& grant : std::ranges::equal_range(o_.memberships, o_.roles[role].oid, {}, &Membership::member)) {
      const Step step = step_of(grant, privileges_only);
      const auto above = std::ranges::lower_bound(o_.roles, grant.role, {}, &Role::oid);
      if (step == Step::None || above == o_.roles.end() || above->oid != grant.role) continue;
      const auto index = static_cast<std::size_t>(above - o_.roles.begin());
      const std::size_t next = index * 2 + (step == Step::Inherit ? 1 : 0);
      for (const Entry& entry : of(next)) add(here.entries, {entry.tenant, step, next});
    }
    here.state = State::Done;
    return here.entries;
  }

  // "api -> api_group -> app_tenant_…", and the first role on it.
  std::string path(std::size_t node, const Entry& to, std::string& first) {
    std::string text = quoted(o_.roles[node / 2].name);
    for (Entry entry = to; entry.step != Step::None;) {
      const std::string role = quoted(o_.roles[entry.next / 2].name);
      if (first.empty()) first = role;
      text += entry.step == Step::SetRole   ? " -> "
              : entry.step == Step::Inherit ? " -inherits-> "
                                            : " -admits itself to-> ";
      text += role;
      entry = *std::ranges::find(of(entry.next), to.tenant, &Entry::tenant);
    }
    return text;
  }

 private:
  enum class State { Fresh, Open, Done };
  struct Node {
    State state = State::Fresh;
    std::vector<Entry> entries;
  };

  // With nothing but a role's privileges one cannot SET ROLE onwards, but one can still grant what it may grant.
  static Step step_of(const Membership& grant, bool privileges_only) {
    if (grant.set && !privileges_only) return Step::SetRole;
    if (grant.admin) return Step::Admin;
    return grant.inherit ? Step::Inherit : Step::None;
  }

  void add(std::vector<Entry>& entries, Entry entry) const {
    const auto name = [&](const Entry& e) { return o_.roles[e.tenant].name; };
    const auto at = std::ranges::lower_bound(entries, name(entry), {}, name);
    if (at != entries.end() && at->tenant == entry.tenant) return;
    entries.insert(at, entry);
    if (entries.size() > kShown) entries.pop_back();
  }

  const Observation& o_;
  std::vector<Node> nodes_;
  std::vector<char> tenant_;
};

// What the login types to be, or to read, the tenants.
std::string attack(Reach& reach, const Observation& o, std::size_t login, const std::vector<Reach::Entry>& others) {
  std::vector<std::string> statements;
  for (const auto& entry : others) {
    bool becomes = true;
    for (Reach::Entry at = entry; at.step != Step::None;
         at = *std::ranges::find(reach.of(at.next), entry.tenant, &Reach::Entry::tenant)) {
      becomes = at.step != Step::Inherit;
      if (at.step == Step::Admin)
        statements.push_back(
            fmt::format("GRANT {} TO {}", quoted(o.roles[at.next / 2].name), quoted(o.roles[login].name)));
    }
    if (!becomes) continue;  // its privileges are there without a word
    if (!statements.empty() && statements.back().starts_with("SET")) statements.emplace_back("RESET ROLE");
    statements.push_back(fmt::format("SET ROLE {}", quoted(o.roles[entry.tenant].name)));
  }
  return statements.empty() ? "no statement needed" : fmt::format("{}", fmt::join(statements, "; "));
}

Finding finding_on(Reach& reach, const Observation& o, std::size_t login, const std::vector<Reach::Entry>& others) {
  std::vector<std::string> paths, first_roles, tags;
  for (const auto& entry : others) {
    std::string first;
    paths.push_back(reach.path(Reach::start(login), entry, first));
    if (std::ranges::find(first_roles, first) == first_roles.end()) first_roles.push_back(first);
    tags.push_back(fmt::format("reaches:{}", o.roles[entry.tenant].name));
  }
  const std::string name(o.roles[login].name);
  return wording::finding(
      {"role", "", name, ""},
      fmt::format("reaches {}: {}; attack: {}", reach.is_tenant(login) ? "another tenant" : "tenants it is not",
                  fmt::join(paths, ", "), attack(reach, o, login, others)),
      std::move(tags), fmt::format("REVOKE {} FROM {}", fmt::join(first_roles, ", "), quoted(name)));
}

Examined check(const Judged& judged) {
  if (!judged.contract.tenancy) return wording::no_tenancy();
  const Observation& o = judged.observation;
  Reach reach(judged.contract, o);
  Examined result;
  std::size_t logins = 0;
  for (std::size_t i = 0; i < o.roles.size(); ++i) {
    if (!o.roles[i].login || o.roles[i].superuser) continue;
    ++logins;
    std::vector<Reach::Entry> others;
    for (const auto& entry : reach.of(Reach::start(i)))
      if (entry.tenant != i && others.size() + 1 < kShown) others.push_back(entry);
    if (!others.empty()) result.findings.push_back(finding_on(reach, o, i, others));
  }
  result.examined = counted(logins, "login role");
  return result;
}

}  // namespace

const Clause kTenancyLoginReachesOneTenant = {
    .id = "tenancy.login_reaches_one_tenant",
    .title = "no login can act for a tenant but the tenant's own role",
    .sentence = "API services authenticate using role `app_tenant_<id>` with `SET ROLE` on connection checkout.",
    .why =
        "SET ROLE is checked against the role that logged in, not against the one set at checkout. Where one login "
        "may become many tenants, one injected expression crosses over: RESET ROLE; SET ROLE another. Such a login "
        "also goes round the tenant's own limits: suspension, connection limit, settings. Memberships that inherit "
        "give the privileges without SET ROLE, and since PostgreSQL 16 one with ADMIN can grant itself the rest. "
        "Superusers are not judged: nothing binds them; and before 16 neither is CREATEROLE, which may grant any "
        "role to anybody.",
    .needs = {Fact::Roles},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
