#include "tenancy/looks.hpp"

#include <algorithm>

#include "tenancy/body.hpp"

namespace pgcontract::tenancy {
namespace {

// Tables of the server's that hold values or secrets of everybody; a view reads them with its owner's privileges …
constexpr std::string_view kSecretTables[] = {"pg_authid",      "pg_shadow",       "pg_statistic",
                                              "pg_largeobject", "pg_user_mapping", "pg_statistic_ext_data",
                                              "pg_subscription"};
// … views that show their values to whoever may read the table they are of …
constexpr std::string_view kStatistics[] = {"pg_stats*"};
// … and what asks for the current role, or for EXECUTE, and then reads or does more than a tenant may.
constexpr std::string_view kPowers[] = {"pg_stat_activity",
                                        "pg_stat_get_activity",
                                        "pg_stat_statements*",
                                        "pg_user_mappings",
                                        "pg_read_*",
                                        "pg_ls_*",
                                        "pg_file_*",
                                        "pg_stat_file",
                                        "pg_hba_file_rules",
                                        "pg_logical_*",
                                        "lo_*",
                                        "loread",
                                        "lowrite",
                                        "pg_terminate_backend",
                                        "pg_cancel_backend",
                                        "pg_create_logical*",
                                        "pg_create_physical*",
                                        "pg_current_logfile",
                                        "pg_get_wal_*",
                                        "pg_reload_conf",
                                        "pg_rotate_logfile"};

template <typename List>
std::string_view said(const Body& body, const List& words) {
  for (const std::string_view word : words)
    if (body.says(word)) return word;
  return {};
}

// Whether a role is more to the server than the design's roles are: a superuser, in one of the server's own roles, or
// holding on a system object what nobody holds at first.
bool is_powerful(const Search& s, RoleId role) {
  const auto roles = s.principals.privileges_of(role);
  for (const RoleId each : roles)
    if (s.principals.role(each).superuser || s.principals.role(each).name.starts_with("pg_")) return true;
  return std::ranges::any_of(s.o.system_objects, [&](const SystemObject& object) {
    bool found = false;
    for_each_grant(object.acl, [&](Text grantee, Text letters) {
      const RoleId id = s.principals.find(grantee);
      found = found ||
              (id != kPublic && std::ranges::count(roles, id) > 0 && !beyond_initial(object, grantee, letters).empty());
    });
    return found;
  });
}

}  // namespace

std::string power_in(const Search& search, std::string_view text, RoleId role, bool as_role) {
  const Body body = read_body(text);
  if (const auto word = said(body, kStatistics); as_role && !word.empty())
    return fmt::format("it shows statistics of tables as that role ({})", word);
  std::string_view word = said(body, kSecretTables);
  if (word.empty() && as_role) word = said(body, kPowers);
  if (word.empty() || !is_powerful(search, role)) return {};
  return fmt::format("it shows or does as that role what a tenant may not ({})", word);
}

const Leak* Looks::leak_of(const Relation& relation, const Eye& eye, std::size_t own, std::string_view commands) {
  leaks_.clear();
  seen_.clear();
  commands_ = commands;
  const bool view = relation.kind == 'v' || relation.kind == 'm';
  view ? follow(relation, eye, false) : judge(relation, eye, false);
  for (const auto& leak : leaks_)
    if (leak.victim != own) return &leak;
  return nullptr;
}

void Looks::follow(const Relation& relation, const Eye& reader, bool copy) {
  const View* view = s_.o.view(relation.oid);
  const Eye owner{s_.principals.of(relation.owner), kNoTenant, kNobody};
  const Eye eye = view && view->security_invoker ? reader : owner;
  const Eye next = relation.kind == 'm' ? owner : reader;  // who fills a copy
  copy = copy || relation.kind == 'm';
  if (const Seen seen{&relation, eye.owner, copy}; std::ranges::count(seen_, seen) > 0)
    return;
  else
    seen_.push_back(seen);
  judge_text(relation, eye, copy);
  for (const auto& read : s_.o.rule_reads_of(relation.oid)) {
    const Relation* table = s_.o.relation(read.reads);
    if (!table || read.event != '1' || table->from_extension) continue;
    if (table->kind == 'v' || table->kind == 'm')
      follow(*table, next, copy);
    else
      judge(*table, eye, copy);
  }
}

// The server's own tables are in no record of what a view speaks of.
void Looks::judge_text(const Relation& view, const Eye& eye, bool copy) {
  const View* definition = s_.o.view(view.oid);
  if (!definition || eye.owner == kNobody) return;
  std::string power = power_in(s_, definition->definition, eye.owner, copy);
  if (power.empty()) return;
  leaks_.push_back({nullptr, "pg_catalog", kEverybody, {}, 'r', s_.name_of(eye.owner), copy, std::move(power)});
}

bool Looks::may(const Relation& table, const Eye& eye, char command) const {
  if (eye.owner != kNobody) return s_.role_has(eye.owner, table, command);
  return holds(s_.letters_on(eye.tenant_class, table), command) ||
         (eye.own != kNobody && holds(s_.letters_by(eye.own, table), command));
}

void Looks::judge(const Relation& table, const Eye& eye, bool copy) {
  if (table.from_extension) return;
  const std::size_t tenant = s_.principals.tenant_of_schema(table.schema);
  const bool shared = s_.is_shared(table);
  if (tenant == kNoTenant && table.kind == 'S') return;
  for (const char command : commands_) {
    if (!may(table, eye, command)) continue;
    Leak leak{&table, s_.o.name_of(table), tenant == kNoTenant ? kEverybody : tenant, {}, command, {}, copy, {}};
    leak.as = eye.owner == kNobody ? "the reader" : s_.name_of(eye.owner);
    if (shared) {
      const Reader reader = eye.owner == kNobody ? s_.reader_of_class(eye.tenant_class) : s_.reader_of(eye.owner);
      leak.verdict = judge_rows(s_.contract, s_.o, table, command, reader);
      if (leak.verdict.guard == Guard::Holds && !copy) continue;
      // A copy made under policies holds what its owner was shown, which its text cannot tell.
      if (copy && (leak.verdict.guard == Guard::Holds || leak.verdict.guard == Guard::Open))
        leak.verdict.certain = false;
    } else if (tenant == kNoTenant) {
      if (command == 'r' && s_.is_reference(table)) continue;
      leak.doubt = s_.is_reference(table)
                       ? "all tenants read this table; whether it may change for them is not searched"
                       : s_.no_column();
    }
    if (table.kind == 'f' && leak.doubt.empty())
      leak.doubt = "whose rows another server returns is not in this database";
    leaks_.push_back(std::move(leak));
    return;
  }
}

}  // namespace pgcontract::tenancy
