// Views look at their tables as their owner, materialized views keep a copy that no policy guards, and a rule on a
// table acts as the table's owner. What they speak of is followed through the server's own record of it, not by their
// text.

#include <algorithm>

#include "tenancy/looks.hpp"
#include "tenancy/search.hpp"

namespace pgcontract::tenancy {
namespace {

bool is_plain(const Search& s, const Relation& view) {
  const View* definition = s.o.view(view.oid);
  if (!definition) return false;
  for (const std::string_view word : {"WHERE", "HAVING", "LIMIT", "JOIN", "EXCEPT", "INTERSECT", "GROUP BY"})
    if (definition->definition.find(word) != Text::npos) return false;
  return true;
}

// Who among the tenants has what on a view: a class, or one tenant by its own name.
struct Holder {
  RoleId grantee = kNobody;
  std::size_t tenant_class = kNoTenant;  // kNoTenant: the grantee's tenant alone
  std::string letters = {};              // of the view and of its columns
  std::string columns = "*";             // that it may read
};

std::string doubt_about(const Search& s, const Relation& view, const Leak& leak) {
  if (!leak.doubt.empty()) return leak.doubt;
  if (leak.command != 'r') return "whether the view passes on what is written to it is not searched";
  if (!leak.verdict.certain && leak.copy) return "which rows it was filled with is not in the catalog";
  if (!leak.verdict.certain) return "what the policies let through is not ours to tell";
  return is_plain(s, view) ? "" : "what its conditions let through is not searched";
}

void add(Search& s, const Relation& view, const Leak& leak, const Holder& holder) {
  Hit hit{.kind = view.kind == 'm' || leak.copy ? "matview_copy" : "view_leaks",
          .clause = leak.verdict.guard == Guard::Owner ? "tenancy.rls_forced" : "tenancy.grants",
          .effect = leak.command == 'r' ? Effect::Reads : Effect::Writes};
  if (holder.tenant_class != kNoTenant)
    hit.tenant_class = holder.tenant_class;
  else
    hit.grantee = holder.grantee;
  hit.victim = leak.victim;
  hit.subject = s.subject_of(view.kind == 'm' ? "materialized view" : "view", view);
  hit.doubt = doubt_about(s, view, leak);
  hit.certain = hit.doubt.empty();
  s.breaks.add(std::move(hit), [&s, &view, leak, holder](Break& into, std::size_t who, std::size_t whom) {
    const std::string name = s.o.name_of(view), by = privilege_names(std::string(1, leak.command));
    into.path = s.path_to(who, holder.grantee, by, name);
    into.path.push_back({name,
                         leak.copy             ? fmt::format("a copy, made as {}", leak.as)
                         : leak.command == 'r' ? fmt::format("reads as {}", leak.as)
                                               : fmt::format("{} as {}", by, leak.as),
                         leak.of});
    if (leak.command != 'r') return;
    std::string sql;
    for (const auto& setting : leak.verdict.settings) sql += fmt::format("SET {} = {}; ", setting, s.id_literal(whom));
    const bool has_column =
        leak.victim == kEverybody && holder.columns == "*" && s.o.column_named(view.oid, s.tenancy.shared_column);
    sql += fmt::format(
        "SELECT {} FROM {}{};", holder.columns, name,
        has_column ? fmt::format(" WHERE {} = {} LIMIT 1", quoted(s.tenancy.shared_column), s.id_literal(whom)) : "");
    into.demonstration = {{s.role_name(who), sql}};
  });
}

template <typename MayRead>
std::string readable_columns(const Search& s, const Relation& view, const MayRead& may_read) {
  std::string list;
  for (const auto& column : s.o.columns_of(view.oid))
    if (may_read(column.acl)) list += (list.empty() ? "" : ", ") + quoted(column.name);
  return list;
}

Holder holder_of(const Search& s, const Relation& view, std::size_t tenant_class) {
  Holder holder{kNobody, tenant_class, s.letters_on(tenant_class, view)};
  const auto name_grantee = [&](Text acl) {
    for_each_grant(acl, [&](Text name, Text) {
      const RoleId id = s.principals.find(name);
      if (holder.grantee == kNobody && id != kNobody && s.class_holds(tenant_class, id)) holder.grantee = id;
    });
  };
  name_grantee(view.acl);
  for (const auto& column : s.o.columns_of(view.oid)) name_grantee(column.acl);
  if (!holds(s.letters_of(tenant_class, view.acl), 'r'))
    holder.columns = readable_columns(s, view, [&](Text acl) { return holds(s.letters_of(tenant_class, acl), 'r'); });
  return holder;
}

Holder holder_of_own(const Search& s, const Relation& view, RoleId id) {
  Holder holder{id, kNoTenant, s.letters_by(id, view)};
  const auto has = [&](Text acl) {
    bool found = false;
    for_each_grant(
        acl, [&](Text name, Text letters) { found = found || (holds(letters, 'r') && s.principals.find(name) == id); });
    return found;
  };
  if (!has(view.acl)) holder.columns = readable_columns(s, view, has);
  return holder;
}

// The data privileges that are of use on it.
std::string commands_of(const Search& s, const Relation& view, const Holder& holder) {
  const View* definition = s.o.view(view.oid);
  const int updatable = view.kind == 'm' ? 0 : definition ? definition->updatable : -1;
  std::string commands;
  for (const auto& [command, bit] : {std::pair('r', -1), std::pair('w', 4), std::pair('a', 8), std::pair('d', 16)})
    if (holds(holder.letters, command) && (command == 'r' || (updatable & bit) != 0)) commands += command;
  return commands;
}

void search_view(Search& s, Looks& looks, const Relation& view) {
  for (std::size_t c = 0; c < s.principals.classes().size(); ++c) {
    if (!s.class_has(c, view.schema, 'U')) continue;
    const Holder holder = holder_of(s, view, c);
    if (const Leak* leak = looks.leak_of(view, {kNobody, c, kNobody}, kNoTenant, commands_of(s, view, holder)))
      add(s, view, *leak, holder);
  }
  s.for_each_own(view, [&](std::size_t own, RoleId id) {
    if (!s.grantee_has(id, view.schema, 'U')) return;
    const Holder holder = holder_of_own(s, view, id);
    if (const Leak* leak =
            looks.leak_of(view, {kNobody, s.principals.class_of(own), id}, own, commands_of(s, view, holder)))
      add(s, view, *leak, holder);
  });
}

void add_rule(Search& s, const Relation& relation, const Leak& leak, char command, const Holder& holder) {
  Hit hit{.kind = "rule", .clause = "tenancy.no_cross_reach", .effect = Effect::Writes};
  if (holder.tenant_class != kNoTenant)
    hit.tenant_class = holder.tenant_class;
  else
    hit.grantee = holder.grantee;
  hit.victim = leak.victim;
  hit.subject = s.subject_of(relation.kind == 'v' ? "view" : "table", relation);
  hit.certain = false;
  hit.doubt = "what the rule's statements do is not searched";
  s.breaks.add(std::move(hit),
               [&s, &relation, of = leak.of, command, holder](Break& into, std::size_t who, std::size_t) {
                 const std::string name = s.o.name_of(relation);
                 into.path = s.path_to(who, holder.grantee, privilege_names(std::string(1, command)), name);
                 into.path.push_back({name, "a rule acts as the owner", of});
               });
}

// A rule that a tenant sets off acts as the owner of its table, under the policies that bind that one.
void search_rule(Search& s, Looks& looks, const Relation& relation, const RuleRead& rule) {
  const Relation* other = s.o.relation(rule.reads);
  const Eye owner{s.principals.of(relation.owner), kNoTenant, kNobody};
  if (!other || owner.owner == kNobody) return;
  const char command = rule.event == '2' ? 'w' : rule.event == '3' ? 'a' : 'd';
  for (std::size_t c = 0; c < s.principals.classes().size(); ++c) {
    const Holder holder = holder_of(s, relation, c);
    if (!s.class_has(c, relation.schema, 'U') || !holds(holder.letters, command)) continue;
    if (const Leak* leak = looks.leak_of(*other, owner, kNoTenant, "rawd"))
      add_rule(s, relation, *leak, command, holder);
  }
  s.for_each_own(relation, [&](std::size_t own, RoleId id) {
    const Holder holder = holder_of_own(s, relation, id);
    if (!s.grantee_has(id, relation.schema, 'U') || !holds(holder.letters, command)) return;
    if (const Leak* leak = looks.leak_of(*other, owner, own, "rawd")) add_rule(s, relation, *leak, command, holder);
  });
}

}  // namespace

void search_views(Search& s) {
  Looks looks(s);
  for (const auto& relation : s.o.relations)
    if ((relation.kind == 'v' || relation.kind == 'm') && !relation.from_extension) search_view(s, looks, relation);
  for (const auto& rule : s.o.rule_reads)
    if (rule.event != '1')
      if (const Relation* relation = s.o.relation(rule.relation)) search_rule(s, looks, *relation, rule);
}

}  // namespace pgcontract::tenancy
