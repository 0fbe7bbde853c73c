#include "tenancy/breaks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pgcontract::tenancy {
namespace {

std::string name_key(const Subject& subject) {
  return fmt::format("{}\n{}\n{}", subject.schema, subject.name, subject.part);
}

}  // namespace

Breaks::Breaks(const Principals& principals, const Observation& observation, std::optional<Uuid> only)
    : p_(principals), o_(observation) {
  nobody_ = TenantSet(p_.tenants().size());
  whole_ = TenantSet::all(p_.tenants().size());
  if (!only) return;
  const auto at = std::ranges::lower_bound(p_.tenants(), *only, {}, &TenantState::id);
  if (at != p_.tenants().end() && at->id == *only) only_ = static_cast<std::size_t>(at - p_.tenants().begin());
}

const TenantSet& Breaks::who_of(const Hit& hit) const {
  if (!hit.role.empty()) return nobody_;
  if (hit.tenant_class != kNoTenant) return p_.classes()[hit.tenant_class].set;
  return p_.holders(hit.grantee);
}

// Hits of one key have the same `who`, or each its own tenant; objects outside tenants' schemas stand apart.
std::string Breaks::key_of(const Hit& hit) const {
  const std::size_t own = hit.grantee == kPublic ? kNoTenant : p_.tenant_of_role(hit.grantee);
  std::string key = fmt::format("{}\n{}\n{}\n{}\n{}\n", hit.kind, static_cast<int>(hit.effect), hit.certain, hit.doubt,
                                hit.victim == kEverybody);
  if (!hit.role.empty())
    key += fmt::format("role {}\n", hit.role);
  else if (hit.tenant_class != kNoTenant)
    key += fmt::format("class {}\n", hit.tenant_class);
  else
    key += own == kNoTenant ? fmt::format("grantee {}\n", hit.grantee) : "itself\n";
  const bool private_object = hit.victim != kEverybody || own != kNoTenant;
  return key + (private_object ? "" : name_key(hit.subject));
}

bool Breaks::matters(const Hit& hit) const {
  if (only_ == kNoTenant) return true;
  if (!hit.role.empty() || hit.victim == kEverybody || hit.victim == only_) return true;
  return who_of(hit).has(only_);
}

void Breaks::add(Hit hit, Tell tell) {
  const TenantSet& who = who_of(hit);
  if (hit.role.empty() && who.empty()) return;
  if (hit.victim < p_.tenants().size() && who.count() == 1 && who.has(hit.victim)) return;  // its own
  if (!matters(hit)) return;
  auto [at, fresh] = entries_.try_emplace(key_of(hit));
  Entry& entry = at->second;
  if (fresh) {
    entry.who = nobody_;
    entry.whom = nobody_;
  }
  ++entry.objects;
  const std::size_t own = hit.role.empty() && hit.tenant_class == kNoTenant && hit.grantee != kPublic
                              ? p_.tenant_of_role(hit.grantee)
                              : kNoTenant;
  if (own != kNoTenant && hit.victim != kEverybody)
    entry.pairs.emplace_back(own, hit.victim);
  else if (hit.victim == kEverybody)
    entry.whom.add(whole_);
  else
    entry.whom.add(hit.victim);
  entry.who.add(own == kNoTenant ? who : [&] {
    TenantSet one = nobody_;
    one.add(own);
    return one;
  }());
  if (hit.sessions_of_victims) entry.who.add(hit.victim);
  if (fresh || name_key(hit.subject) < name_key(entry.hit.subject)) {
    entry.hit = std::move(hit);
    entry.tell = std::move(tell);
  }
}

// A pair of two: where there is but one tenant it stands for the other as well.
std::pair<std::size_t, std::size_t> Breaks::example_of(const Entry& entry) const {
  const TenantSet& who = who_of(entry.hit);
  if (entry.hit.victim != kEverybody) {
    if (only_ != kNoTenant && only_ != entry.hit.victim && who.has(only_)) return {only_, entry.hit.victim};
    const std::size_t own = entry.hit.grantee < o_.roles.size() ? p_.tenant_of_role(entry.hit.grantee) : kNoTenant;
    if (own != kNoTenant) return {own, entry.hit.victim};
    return {who.first_but(entry.hit.victim).value_or(entry.hit.victim), entry.hit.victim};
  }
  if (!entry.hit.role.empty()) {
    const std::size_t whom = only_ != kNoTenant ? only_ : whole_.first_but(std::nullopt).value_or(0);
    return {whom, whom};
  }
  std::size_t a = only_ != kNoTenant && who.has(only_) ? only_ : who.first_but(std::nullopt).value_or(0);
  const std::size_t b = only_ != kNoTenant && a != only_ ? only_ : whole_.first_but(a).value_or(a);
  if (a == b) a = who.first_but(b).value_or(a);
  return {a, b};
}

void Breaks::count_pairs(const Entry& entry, Break& into) const {
  auto pairs = entry.pairs;
  std::ranges::sort(pairs);
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  std::erase_if(pairs, [&](const auto& pair) {
    return pair.first == pair.second || (only_ != kNoTenant && pair.first != only_ && pair.second != only_);
  });
  into.pairs = static_cast<std::int64_t>(pairs.size());
  TenantSet whom = entry.whom;
  for (const auto& pair : pairs) whom.add(pair.second);
  if (pairs.empty() && only_ == kNoTenant) {
    into.pairs = entry.who.count() * entry.whom.count() - entry.who.common(entry.whom);
  } else if (pairs.empty()) {
    if (entry.who.has(only_)) into.pairs += entry.whom.count() - entry.whom.has(only_);
    if (entry.whom.has(only_)) into.pairs += entry.who.count() - entry.who.has(only_);
  }
  into.who.tenants = entry.who.count();
  into.whom.tenants = whom.count();
}

void Breaks::mark_pairs(const Entry& entry, std::vector<TenantSet>& broken) const {
  for (const auto& [who, whom] : entry.pairs) broken[who].add(whom);
  if (entry.whom.empty()) return;
  for (std::size_t who = 0; who < broken.size(); ++who)
    if (entry.who.has(who)) broken[who].add(entry.whom);
}

Break Breaks::made(Entry& entry) const {
  const Hit& hit = entry.hit;
  Break made;
  made.kind = hit.kind;
  made.clause = hit.clause;
  made.effect = hit.effect;
  made.subject = hit.subject;
  made.objects = entry.objects;
  made.certain = hit.certain;
  made.doubt = hit.doubt;
  count_pairs(entry, made);
  const auto [a, b] = example_of(entry);
  const auto role_of = [&](std::size_t tenant) {
    const TenantState& state = p_.tenants()[tenant];
    return state.role ? std::string(state.role->name) : state.id.canonical();
  };
  made.who.example = hit.role.empty() ? role_of(a) : std::string(hit.role);
  made.whom.example = role_of(b);
  entry.tell(made, a, b);
  return made;
}

void Breaks::finish(Proof& proof) {
  std::vector<TenantSet> broken;
  if (!entries_.empty()) broken.assign(p_.tenants().size(), nobody_);
  for (auto& [key, entry] : entries_) {
    const bool about_pairs = entry.hit.role.empty() || entry.hit.sessions_of_victims;
    const bool in_pairs =
        std::ranges::any_of(entry.pairs, [&](const auto& pair) { return pair.first == only_ || pair.second == only_; });
    if (only_ != kNoTenant && about_pairs && !in_pairs && !entry.who.has(only_) && !entry.whom.has(only_)) continue;
    proof.breaks.push_back(made(entry));
    mark_pairs(entry, broken);
  }
  const auto n = static_cast<std::int64_t>(p_.tenants().size());
  const auto attackers = p_.everyone().count();
  proof.pairs = only_ == kNoTenant ? attackers * (n - 1) : (n - 1) + attackers - p_.everyone().has(only_);
  if (only_ != kNoTenant && !p_.everyone().has(only_)) proof.pairs = attackers;
  for (std::size_t who = 0; who < broken.size(); ++who) {
    broken[who].remove(who);
    proof.broken_pairs += only_ == kNoTenant || who == only_ ? broken[who].count() : broken[who].has(only_);
  }
  std::ranges::stable_sort(proof.breaks, [](const Break& a, const Break& b) {
    const auto rank = [](const Break& each) {
      return std::tuple(!each.certain, -each.pairs, each.effect, each.kind, each.subject.label());
    };
    return rank(a) < rank(b);
  });
}

}  // namespace pgcontract::tenancy
