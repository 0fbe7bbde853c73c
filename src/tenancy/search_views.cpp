// Views look at their tables as their owner, materialized views keep a copy that no policy guards, and a rule on a
// table acts as the table's owner. What they speak of is followed through the server's own record of it, not by their
// text.

#include <algorithm>

#include "tenancy/search.hpp"

namespace pgcontract::tenancy {
namespace {

// Who looks: a class of tenants, all in one, or the role that owns a view.
struct Eye {
  RoleId owner = kNobody;
  std::size_t tenant_class = kNoTenant;
  RoleId own = kNobody;  // of the class: the one tenant's role
};

struct Leak {
  const Relation* table = nullptr;
  std::size_t victim = kEverybody;
  Judgement verdict;
  std::string as;  // whom it is looked at as
  bool copy = false;
};

class Views {
 public:
  explicit Views(Search& search) : s_(search) {}

  // The first table that shows rows of another tenant than `own`.
  const Leak* leak_of(const Relation& view, const Eye& eye, std::size_t own) {
    leaks_.clear();
    seen_.clear();
    follow(view, eye, false);
    for (const auto& leak : leaks_)
      if (leak.victim != own) return &leak;
    return nullptr;
  }

 private:
  void follow(const Relation& relation, Eye eye, bool copy) {
    if (std::ranges::count(seen_, &relation) > 0) return;
    seen_.push_back(&relation);
    const View* view = s_.o.view(relation.oid);
    if (!view || !view->security_invoker) eye = {s_.principals.of(relation.owner), kNoTenant, kNobody};
    copy = copy || relation.kind == 'm';
    for (const auto& read : s_.o.rule_reads_of(relation.oid)) {
      const Relation* table = s_.o.relation(read.reads);
      if (!table || read.event != '1' || table->from_extension) continue;
      if (table->kind == 'v' || table->kind == 'm')
        follow(*table, eye, copy);
      else
        judge(*table, eye, copy);
    }
  }

  bool reads(const Relation& table, const Eye& eye) const {
    if (eye.owner == kNobody) {
      if (holds(s_.letters_of(eye.tenant_class, table.acl), 'r')) return true;
      bool found = false;
      for_each_grant(table.acl, [&](Text grantee, Text letters) {
        found = found || (holds(letters, 'r') && s_.principals.find(grantee) == eye.own && eye.own != kNobody);
      });
      return found;
    }
    return s_.role_has(eye.owner, table, 'r');
  }

  Reader reader_of(const Eye& eye) const {
    return eye.owner == kNobody ? s_.reader_of_class(eye.tenant_class) : s_.reader_of(eye.owner);
  }

  void judge(const Relation& table, const Eye& eye, bool copy) {
    const std::size_t tenant = s_.principals.tenant_of_schema(table.schema);
    const bool shared = s_.is_shared(table);
    if ((tenant == kNoTenant && !shared) || !reads(table, eye)) return;
    Leak leak{
        &table, shared ? kEverybody : tenant, {}, eye.owner == kNobody ? "the reader" : s_.name_of(eye.owner), copy};
    if (shared) leak.verdict = judge_rows(s_.contract, s_.o, table, 'r', reader_of(eye));
    // A copy made under policies holds what its owner was shown, which its text cannot tell.
    if (shared && copy && (leak.verdict.guard == Guard::Holds || leak.verdict.guard == Guard::Open))
      leak.verdict.certain = false;
    else if (shared && leak.verdict.guard == Guard::Holds)
      return;
    leaks_.push_back(std::move(leak));
  }

  Search& s_;
  std::vector<Leak> leaks_;
  std::vector<const Relation*> seen_;
};

bool is_plain(const Search& s, const Relation& view) {
  const View* definition = s.o.view(view.oid);
  if (!definition) return false;
  for (const std::string_view word : {"WHERE", "HAVING", "LIMIT", "JOIN", "EXCEPT", "INTERSECT", "GROUP BY"})
    if (definition->definition.find(word) != Text::npos) return false;
  return true;
}

void add(Search& s, const Relation& view, const Leak& leak, RoleId grantee, std::size_t tenant_class) {
  Hit hit{.kind = view.kind == 'm' || leak.copy ? "matview_copy" : "view_leaks",
          .clause = leak.verdict.guard == Guard::Owner ? "tenancy.rls_forced" : "tenancy.grants",
          .effect = Effect::Reads};
  if (tenant_class != kNoTenant)
    hit.tenant_class = tenant_class;
  else
    hit.grantee = grantee;
  hit.victim = leak.victim;
  hit.subject = s.subject_of(view.kind == 'm' ? "materialized view" : "view", view);
  hit.certain = leak.verdict.certain && is_plain(s, view);
  if (!hit.certain)
    hit.doubt = leak.verdict.certain ? "what its conditions let through is not searched"
                : leak.copy          ? "which rows it was filled with is not in the catalog"
                                     : "what the policies let through is not ours to tell";
  s.breaks.add(std::move(hit), [&s, &view, leak, grantee](Break& into, std::size_t who, std::size_t whom) {
    const std::string name = s.o.name_of(view);
    into.path = s.path_to(who, grantee, "SELECT", name);
    into.path.push_back(
        {name, fmt::format("{} as {}", leak.copy ? "a copy, made" : "reads", leak.as), s.o.name_of(*leak.table)});
    std::string sql;
    for (const auto& setting : leak.verdict.settings) sql += fmt::format("SET {} = {}; ", setting, s.id_literal(whom));
    const bool has_column = leak.victim == kEverybody && s.o.column_named(view.oid, s.tenancy.shared_column);
    sql += fmt::format(
        "SELECT * FROM {}{};", name,
        has_column ? fmt::format(" WHERE {} = {} LIMIT 1", quoted(s.tenancy.shared_column), s.id_literal(whom)) : "");
    into.demonstration = {{s.role_name(who), sql}};
  });
}

void search_view(Search& s, Views& views, const Relation& view) {
  for (std::size_t c = 0; c < s.principals.classes().size(); ++c) {
    if (!s.class_has(c, view.schema, 'U') || !holds(s.letters_of(c, view.acl), 'r')) continue;
    if (const Leak* leak = views.leak_of(view, {kNobody, c, kNobody}, kNoTenant)) {
      RoleId grantee = kNobody;
      for_each_grant(view.acl, [&](Text name, Text letters) {
        const RoleId id = s.principals.find(name);
        if (grantee == kNobody && id != kNobody && holds(letters, 'r') && s.class_holds(c, id)) grantee = id;
      });
      add(s, view, *leak, grantee, c);
    }
  }
  for_each_grant(view.acl, [&](Text name, Text letters) {
    const RoleId id = s.principals.find(name);
    const std::size_t own = id == kPublic || id == kNobody ? kNoTenant : s.principals.tenant_of_role(id);
    if (own == kNoTenant || !holds(letters, 'r') || !s.grantee_has(id, view.schema, 'U')) return;
    if (const Leak* leak = views.leak_of(view, {kNobody, s.principals.class_of(own), id}, own))
      add(s, view, *leak, id, kNoTenant);
  });
}

// A rule that a tenant sets off acts as the owner of its table.
void search_rule(Search& s, const Relation& relation, const RuleRead& rule) {
  const Relation* other = s.o.relation(rule.reads);
  if (!other || relation.kind == 'v') return;
  const char command = rule.event == '2' ? 'w' : rule.event == '3' ? 'a' : 'd';
  const std::size_t victim = s.principals.tenant_of_schema(other->schema);
  if (victim == kNoTenant && !s.is_shared(*other)) return;
  for (std::size_t c = 0; c < s.principals.classes().size(); ++c) {
    if (!s.class_has(c, relation.schema, 'U') || !holds(s.letters_of(c, relation.acl), command)) continue;
    Hit hit{.kind = "rule", .clause = "tenancy.no_cross_reach", .effect = Effect::Writes};
    hit.tenant_class = c;
    hit.victim = victim == kNoTenant ? kEverybody : victim;
    hit.subject = s.subject_of("table", relation);
    hit.certain = false;
    hit.doubt = "what the rule's statements do is not searched";
    s.breaks.add(std::move(hit), [&s, &relation, other, command](Break& into, std::size_t who, std::size_t) {
      const std::string name = s.o.name_of(relation);
      into.path = s.path_to(who, s.principals.find(s.tenancy.roles.tenant_group),
                            privilege_names(std::string(1, command)), name);
      into.path.push_back({name, "a rule acts as the owner", s.o.name_of(*other)});
    });
  }
}

}  // namespace

void search_views(Search& s) {
  Views views(s);
  for (const auto& relation : s.o.relations)
    if ((relation.kind == 'v' || relation.kind == 'm') && !relation.from_extension && !relation.acl.empty())
      search_view(s, views, relation);
  for (const auto& rule : s.o.rule_reads)
    if (rule.event != '1')
      if (const Relation* relation = s.o.relation(rule.relation)) search_rule(s, *relation, rule);
}

}  // namespace pgcontract::tenancy
