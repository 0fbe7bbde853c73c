// Functions that run as their owner: whoever may call one, or fires it by a trigger, acts as that owner as far as the
// body lets it. A body that builds its own SQL, or looks names up by the caller's path, cannot be decided: it counts as
// reaching everything that its owner reaches.

#include <algorithm>
#include <array>

#include "tenancy/body.hpp"
#include "tenancy/search.hpp"

namespace pgcontract::tenancy {
namespace {

// Words by which a body runs SQL that is not in it.
constexpr std::array<std::string_view, 9> kBuildsSql = {"execute",       "query_to_xml", "query_to_xmlschema",
                                                        "cursor_to_xml", "dblink",       "dblink_exec",
                                                        "crosstab",      "ts_stat",      "query_to_xml_and_xmlschema"};
// … and words by which what it shows depends on more than its tables.
constexpr std::array<std::string_view, 9> kChooses = {"where",  "if",   "case", "join",           "limit",
                                                      "having", "loop", "with", "current_setting"};

template <std::size_t N>
std::string_view first_said(const Body& body, const std::array<std::string_view, N>& words) {
  for (const auto word : words)
    if (body.says(word)) return word;
  return {};
}

bool is_guard(const Search& s, const Function& f) {
  const Schema* home = s.o.schema(f.schema);
  if (!home || home->name != kSchema || !f.arguments.empty()) return false;
  for (const auto& guard : guard_functions(s.contract))
    if (f.name == guard.name && f.source == guard.source && f.settings == std::vector<Text>{kPinnedPath}) return true;
  return false;
}

std::string label(const Search& s, const Function& f) { return s.o.name_of(f); }

// The schemas of a pinned path, in order.
std::vector<std::string> path_of(const Function& f) {
  std::vector<std::string> schemas;
  for (Text setting : f.settings) {
    if (!setting.starts_with("search_path=")) continue;
    Text rest = setting.substr(setting.find('=') + 1);
    while (!rest.empty()) {
      const auto comma = rest.find(',');
      std::string name;
      for (const char c : rest.substr(0, comma))
        if (c != ' ' && c != '"') name += c;
      schemas.push_back(name);
      rest = comma == Text::npos ? Text{} : rest.substr(comma + 1);
    }
  }
  return schemas;
}

struct Caller {
  std::size_t tenant_class = kNoTenant;
  RoleId grantee = kNobody;  // a tenant's own role, where it alone may
  RoleId by = kNobody;       // who holds the privilege
  const Relation* fires = nullptr;
};

class Definers {
 public:
  explicit Definers(Search& search) : s_(search) {
    for (const auto& function : s_.o.functions) {
      by_oid_.emplace(function.oid, &function);
      if (const Schema* home = s_.o.schema(function.schema))
        by_name_.emplace(fmt::format("{}.{}", home->name, function.name), &function);
    }
    for (const auto& trigger : s_.o.triggers)
      if (const auto at = by_oid_.find(trigger.function); at != by_oid_.end() && at->second->security_definer)
        if (const Relation* relation = s_.o.relation(trigger.relation)) fired_[trigger.function].push_back(relation);
  }

  void search() {
    for (const auto& function : s_.o.functions) {
      ++s_.objects;
      if (function.from_extension) continue;
      search_owner(function);
      if (function.security_definer && !is_guard(s_, function))
        for (const auto& caller : callers_of(function)) judge(function, caller);
    }
  }

 private:
  // A function of a tenant's own that others call runs the tenant's code as them.
  void search_owner(const Function& f) {
    const RoleId owner = s_.principals.of(f.owner);
    if (owner == kNobody) return;
    if (s_.principals.tenant_of_role(owner) == kNoTenant && !s_.principals.is_held(owner)) return;
    Hit hit{.kind = "owns", .clause = "schema.owner", .effect = Effect::RunsCode};
    hit.grantee = owner;
    const Schema* home = s_.o.schema(f.schema);
    hit.subject = {"function", std::string(home ? home->name : ""), fmt::format("{}({})", f.name, f.arguments), ""};
    hit.certain = false;
    hit.doubt = "who calls the function is not searched";
    s_.breaks.add(std::move(hit), [&s = s_, &f, owner](Break& into, std::size_t who, std::size_t) {
      into.path = s.path_to(who, owner, "owns", label(s, f));
    });
  }

  std::vector<Caller> callers_of(const Function& f) {
    std::vector<Caller> callers;
    const bool callable = !f.returns.ends_with("trigger");
    const std::string acl = f.acl.empty() ? "{=X/owner}" : std::string(f.acl);
    for (std::size_t c = 0; c < s_.principals.classes().size(); ++c) {
      if (callable && s_.class_has(c, f.schema, 'U') && holds(s_.letters_of(c, acl), 'X'))
        callers.push_back({c, kNobody, grantee_of(acl, c), nullptr});
      else if (const Relation* relation = fires(f, c))
        callers.push_back({c, kNobody, kNobody, relation});
    }
    if (!callable) return callers;
    for_each_grant(acl, [&](Text name, Text letters) {
      const RoleId id = s_.principals.find(name);
      const std::size_t own = id == kPublic || id == kNobody ? kNoTenant : s_.principals.tenant_of_role(id);
      if (own != kNoTenant && f.owner != s_.principals.role(id).oid && holds(letters, 'X') &&
          s_.grantee_has(id, f.schema, 'U'))
        callers.push_back({kNoTenant, id, id, nullptr});
    });
    return callers;
  }

  RoleId grantee_of(const std::string& acl, std::size_t c) const {
    RoleId found = kNobody;
    for_each_grant(acl, [&](Text name, Text letters) {
      const RoleId id = s_.principals.find(name);
      if (found == kNobody && id != kNobody && holds(letters, 'X') && s_.class_holds(c, id)) found = id;
    });
    return found;
  }

  const Relation* fires(const Function& f, std::size_t c) const {
    const auto at = fired_.find(f.oid);
    if (at == fired_.end()) return nullptr;
    for (const Relation* relation : at->second) {
      const std::size_t tenant = s_.principals.tenant_of_schema(relation->schema);
      if (tenant != kNoTenant && s_.principals.class_of(tenant) == c) return relation;
      const std::string letters = s_.letters_of(c, relation->acl);
      if (holds(letters, 'a') || holds(letters, 'w') || holds(letters, 'd')) return relation;
    }
    return nullptr;
  }

  void judge(const Function& f, const Caller& caller) {
    if (!is_pinned(f))
      add(f, caller, "definer_unpinned", "names in its body are looked up by the caller's search_path", nullptr);
    else if (const std::string schema = open_schema(f, caller); !schema.empty())
      add(f, caller, "definer_unpinned",
          fmt::format("its search_path has schema {}, where the caller may create", quoted(schema)), nullptr);
    const Body body = read_body(f.source);
    const std::string dynamic = why_dynamic(f, body, 0);
    if (!dynamic.empty()) return add(f, caller, "definer_dynamic", dynamic, nullptr);
    for (const auto& name : body.names)
      if (const Relation* table = table_named(f, name); table && shows(f, *table))
        return add(f, caller, "definer_reads", why_reads(f, body), table);
  }

  std::string open_schema(const Function& f, const Caller& caller) const {
    for (const auto& name : path_of(f))
      if (const Schema* schema = s_.o.schema_named(name))
        if (caller.tenant_class != kNoTenant ? s_.class_has(caller.tenant_class, schema->oid, 'C')
                                             : s_.grantee_has(caller.grantee, schema->oid, 'C'))
          return name;
    return {};
  }

  std::string why_dynamic(const Function& f, const Body& body, int depth) const {
    if (f.language != "sql" && f.language != "plpgsql") return fmt::format("a body in {} cannot be read", f.language);
    if (f.source.empty()) return "its body is kept as a parse tree";
    if (const auto word = first_said(body, kBuildsSql); !word.empty())
      return fmt::format("its body builds SQL ({})", word);
    if (depth == 3) return "it calls functions that call functions";
    for (const auto& name : body.names) {
      const auto at = by_name_.find(fmt::format("{}.{}", name.schema, name.name));
      if (at == by_name_.end() || at->second == &f || at->second->from_extension || is_guard(s_, *at->second)) continue;
      const std::string inner = why_dynamic(*at->second, read_body(at->second->source), depth + 1);
      if (!inner.empty()) return fmt::format("it calls {}: {}", label(s_, *at->second), inner);
    }
    return {};
  }

  const Relation* table_named(const Function& f, const BodyName& name) const {
    const auto in = [&](std::string_view schema_name) -> const Relation* {
      const Schema* schema = s_.o.schema_named(schema_name);
      if (!schema) return nullptr;
      const auto relations = s_.o.relations_of(schema->oid);
      const auto at = std::ranges::lower_bound(relations, Text(name.name), {}, &Relation::name);
      return at != relations.end() && at->name == name.name ? &*at : nullptr;
    };
    if (!name.schema.empty()) return in(name.schema);
    std::vector<std::string> path = path_of(f);
    if (path.empty()) path = {s_.contract.schemas.application.name};  // as its callers have it
    for (const auto& schema : path)
      if (const Relation* found = in(schema)) return found;
    return nullptr;
  }

  bool shows(const Function& f, const Relation& table) const {
    const RoleId owner = s_.principals.of(f.owner);
    if (owner == kNobody || !s_.role_has(owner, table, 'r')) return false;
    if (s_.principals.tenant_of_schema(table.schema) != kNoTenant) return true;
    if (!s_.is_shared(table)) return false;
    return judge_rows(s_.contract, s_.o, table, 'r', s_.reader_of(owner)).guard != Guard::Holds;
  }

  static std::string why_reads(const Function& f, const Body& body) {
    if (!f.arguments.empty()) return "what its arguments choose is not searched";
    if (f.language != "sql") return "what its statements return is not searched";
    if (const auto word = first_said(body, kChooses); !word.empty())
      return fmt::format("what its conditions let through ({}) is not searched", word);
    return {};
  }

  void add(const Function& f, const Caller& caller, std::string_view kind, std::string doubt, const Relation* table) {
    const RoleId owner = s_.principals.of(f.owner);
    if (owner == kNobody) return;
    const std::size_t owning_tenant = s_.principals.tenant_of_role(owner);
    Hit hit{
        .kind = kind, .clause = "tenancy.definer_functions_pinned", .effect = table ? Effect::Reads : Effect::Becomes};
    hit.tenant_class = caller.tenant_class;
    hit.grantee = caller.grantee;
    const std::size_t of_table = table ? s_.principals.tenant_of_schema(table->schema) : kNoTenant;
    hit.victim = of_table != kNoTenant ? of_table : owning_tenant != kNoTenant ? owning_tenant : kEverybody;
    const Schema* home = s_.o.schema(f.schema);
    hit.subject = {"function", std::string(home ? home->name : ""), fmt::format("{}({})", f.name, f.arguments), ""};
    hit.certain = doubt.empty();
    hit.doubt = std::move(doubt);
    s_.breaks.add(std::move(hit), [&s = s_, &f, caller, table](Break& into, std::size_t who, std::size_t whom) {
      tell(s, f, caller, table, into, who, whom);
    });
  }

  static void tell(const Search& s, const Function& f, const Caller& caller, const Relation* table, Break& into,
                   std::size_t who, std::size_t whom) {
    const std::string name = label(s, f);
    const std::string owner(s.o.role_name(f.owner));
    if (caller.fires)
      into.path = {
          {s.role_name(who), fmt::format("writes into {}, whose trigger runs", s.o.name_of(*caller.fires)), name}};
    else
      into.path = s.path_to(who, caller.by, "EXECUTE", name);
    into.path.push_back({name, "runs as", owner});
    if (table) into.path.push_back({owner, "SELECT", s.o.name_of(*table)});
    const Schema* home = s.o.schema(f.schema);
    if (caller.fires || !f.arguments.empty() || !home) return;
    into.demonstration = {{s.role_name(who), fmt::format("{} SELECT * FROM {}.{}();", s.setting(whom),
                                                         quoted(home->name), quoted(f.name))}};
  }

  Search& s_;
  std::unordered_map<Oid, const Function*> by_oid_;
  std::unordered_map<std::string, const Function*> by_name_;
  std::unordered_map<Oid, std::vector<const Relation*>> fired_;
};

std::string setting_in(Text source) {
  constexpr Text kCall = "current_setting('";
  const auto at = source.find(kCall);
  if (at == Text::npos) return {};
  const Text rest = source.substr(at + kCall.size());
  return std::string(rest.substr(0, rest.find('\'')));
}

std::string look(const Search& s, const Relation& table, std::size_t whom) {
  return fmt::format("{} SELECT * FROM {} WHERE {} = {} LIMIT 1;", s.setting(whom), s.o.name_of(table),
                     quoted(s.tenancy.shared_column), s.id_literal(whom));
}

void add_changed_guard(Search& s, const Function& f, bool trusted_by_policies) {
  const Relation* table = s.shared_table();
  const std::string setting = setting_in(f.source);
  for (std::size_t c = 0; c < s.principals.classes().size(); ++c) {
    Hit hit{.kind = "guard_changed", .clause = "tenancy.guard_function", .effect = Effect::Reads};
    hit.tenant_class = c;
    hit.subject = {"function", std::string(kSchema), fmt::format("{}()", f.name), ""};
    hit.certain = trusted_by_policies && table && !setting.empty();
    if (!hit.certain)
      hit.doubt = trusted_by_policies ? "whom its body takes a session for is not ours to tell"
                                      : "checkout believes it, and its body is not ours";
    s.breaks.add(std::move(hit), [&s, &f, table, setting](Break& into, std::size_t who, std::size_t whom) {
      into.path = {
          {s.role_name(who), into.certain ? "the session sets " + setting : "its body was changed", s.o.name_of(f)}};
      if (!table) return;
      into.path.push_back({s.o.name_of(f), "the policies trust it", s.o.name_of(*table)});
      std::string sql = look(s, *table, whom);
      if (!setting.empty() && setting != s.tenancy.setting)
        sql = fmt::format("SET {} = {}; ", setting, s.id_literal(whom)) + sql;
      into.demonstration = {{s.role_name(who), sql}};
    });
  }
}

void add_owned_guard(Search& s, const Function& f, RoleId owner) {
  const Relation* table = s.shared_table();
  Hit hit{.kind = "guard_changed", .clause = "tenancy.guard_function", .effect = Effect::Reads};
  hit.grantee = owner;
  hit.subject = {"function", std::string(kSchema), fmt::format("{}()", f.name), ""};
  hit.certain = table && s.grantee_has(owner, f.schema, 'C');
  if (!hit.certain) hit.doubt = "to replace the body it needs CREATE on the schema as well";
  s.breaks.add(std::move(hit), [&s, &f, owner, table](Break& into, std::size_t who, std::size_t whom) {
    into.path = s.path_to(who, owner, "owns: may replace it", s.o.name_of(f));
    if (!table || !into.certain) return;
    into.path.push_back({s.o.name_of(f), "the policies trust it", s.o.name_of(*table)});
    into.demonstration = {
        {s.role_name(who),
         fmt::format("CREATE OR REPLACE FUNCTION {}.role_tenant() RETURNS pg_catalog.uuid LANGUAGE sql STABLE PARALLEL "
                     "SAFE SET search_path = pg_catalog, pg_temp AS $$ SELECT {}::pg_catalog.uuid $$; {}",
                     kSchema, s.id_literal(whom), look(s, *table, whom))}};
  });
}

}  // namespace

void search_functions(Search& s) { Definers(s).search(); }

void search_guard(Search& s) {
  const Schema* home = s.o.schema_named(kSchema);
  if (!home) return;
  for (const auto& guard : guard_functions(s.contract)) {
    for (const auto& f : s.o.functions_of(home->oid)) {
      if (f.name != guard.name || !f.arguments.empty()) continue;
      const bool trusted = guard.name == "role_tenant";
      if (f.source != guard.source || f.language != guard.language) add_changed_guard(s, f, trusted);
      const RoleId owner = s.principals.of(f.owner);
      if (trusted && owner != kNobody &&
          (s.principals.tenant_of_role(owner) != kNoTenant || s.principals.is_held(owner)))
        add_owned_guard(s, f, owner);
    }
  }
}

}  // namespace pgcontract::tenancy
