// Functions that run as their owner: whoever may call one, or fires it by a trigger, acts as that owner as far as the
// body lets it. A body that builds its own SQL, or looks names up by the caller's path, cannot be decided: it counts as
// reaching everything that its owner reaches.

#include <algorithm>

#include "tenancy/bodies.hpp"
#include "tenancy/search.hpp"

namespace pgcontract::tenancy {
namespace {

// Words by which what a body shows depends on more than its tables.
constexpr std::string_view kChooses[] = {"where", "if",     "case",   "join",   "limit", "having", "loop",
                                         "with",  "insert", "update", "delete", "count", "exists", "current_setting"};

std::string label(const Search& s, const Function& f) { return s.o.name_of(f); }

struct Caller {
  std::size_t tenant_class = kNoTenant;
  RoleId grantee = kNobody;  // a tenant's own role, where it alone may
  RoleId by = kNobody;       // who holds the privilege
  std::string how = {};      // where it is not called by its name: "writes into api.t, whose trigger runs"
  std::string doubt = {};
};

class Definers {
 public:
  explicit Definers(Search& search) : s_(search), bodies_(search) {
    for (const auto& trigger : s_.o.triggers)
      if (const Relation* relation = s_.o.relation(trigger.relation)) fired_[trigger.function].push_back(relation);
  }

  void search() {
    for (const auto& function : s_.o.functions) {
      ++s_.objects;
      if (!function.from_extension) search_owner(function);
      if (!function.security_definer || is_guard(s_, function)) continue;
      const auto callers = callers_of(function);
      if (callers.empty()) continue;
      const Finds finds = bodies_.finds_of(function);
      for (const auto& caller : callers) judge(function, finds, caller);
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

  std::vector<Caller> callers_of(const Function& f) const {
    std::vector<Caller> callers;
    for (std::size_t c = 0; c < s_.principals.classes().size(); ++c)
      if (auto caller = caller_of(f, c)) callers.push_back(std::move(*caller));
    if (!f.returns.ends_with("trigger")) add_own_callers(f, callers);
    if (const auto at = fired_.find(f.oid); at != fired_.end())
      for (const Relation* relation : at->second) add_own_writers(*relation, callers);
    return callers;
  }

  static std::string acl_of(const Function& f) { return f.acl.empty() ? "{=X/owner}" : std::string(f.acl); }

  std::optional<Caller> caller_of(const Function& f, std::size_t c) const {
    if (!f.returns.ends_with("trigger")) {
      const std::string acl = acl_of(f);
      if (holds(s_.letters_of(c, acl), 'X')) {
        if (s_.class_has(c, f.schema, 'U')) return Caller{c, kNobody, grantee_of(acl, c)};
        if (!bodies_.uses_of(f).empty()) return Caller{c, kNobody, grantee_of(acl, c), "", unnamed()};
      }
    }
    for (const FunctionUse* use : bodies_.uses_of(f)) {
      if (use->kind == 'i')
        return Caller{c, kNobody, kNobody, "has the server call, for a type or an operator class,", unsearched()};
      const Function* aggregate = use->kind == 'f' ? bodies_.function(use->user) : nullptr;
      if (aggregate && aggregate->kind == 'a' && holds(s_.letters_of(c, acl_of(*aggregate)), 'X'))
        return Caller{c, kNobody, kNobody, fmt::format("calls aggregate {}, which runs", label(s_, *aggregate)),
                      unsearched()};
    }
    for (const auto& trigger : s_.o.event_triggers)
      if (trigger.function == f.oid && trigger.enabled != 'D')
        return Caller{c, kNobody, kNobody, fmt::format("sets off event trigger {}, which runs", trigger.name),
                      unsearched()};
    if (const Relation* relation = fires(f, c))
      return Caller{c, kNobody, kNobody, fmt::format("writes into {}, whose trigger runs", s_.o.name_of(*relation))};
    return std::nullopt;
  }

  static std::string unnamed() {
    return "without USAGE on its schema it is called only through an object that names it";
  }
  static std::string unsearched() { return "with what values it is called is not searched"; }

  void add_own_callers(const Function& f, std::vector<Caller>& callers) const {
    for_each_grant(acl_of(f), [&](Text name, Text letters) {
      const RoleId id = s_.principals.find(name);
      const std::size_t own = id == kPublic || id == kNobody ? kNoTenant : s_.principals.tenant_of_role(id);
      if (own == kNoTenant || f.owner == s_.principals.role(id).oid || !holds(letters, 'X')) return;
      if (s_.grantee_has(id, f.schema, 'U'))
        callers.push_back({kNoTenant, id, id});
      else if (!bodies_.uses_of(f).empty())
        callers.push_back({kNoTenant, id, id, "", unnamed()});
    });
  }

  void add_own_writers(const Relation& relation, std::vector<Caller>& callers) const {
    for (const Relation* written : ways_to(relation)) {
      if (s_.principals.tenant_of_schema(written->schema) != kNoTenant) continue;  // told of its class
      s_.for_each_own(*written, [&](std::size_t, RoleId id) {
        if (writes(s_.letters_by(id, *written)))
          callers.push_back(
              {kNoTenant, id, id, fmt::format("writes into {}, whose trigger runs", s_.o.name_of(*written))});
      });
    }
  }

  RoleId grantee_of(const std::string& acl, std::size_t c) const {
    RoleId found = kNobody;
    for_each_grant(acl, [&](Text name, Text letters) {
      const RoleId id = s_.principals.find(name);
      if (found == kNobody && id != kNobody && holds(letters, 'X') && s_.class_holds(c, id)) found = id;
    });
    return found;
  }

  static bool writes(Text letters) { return letters.find_first_of("awdD") != Text::npos; }

  // What writing into sets off the triggers of a relation: itself, what it is a part of, views and rules that lead to
  // it, and what its foreign keys follow when a row is deleted or its key changes.
  std::vector<const Relation*> ways_to(const Relation& relation) const {
    std::vector<const Relation*> list{&relation};
    const auto add = [&](const Relation* more) {
      if (more && std::ranges::count(list, more) == 0) list.push_back(more);
    };
    for (std::size_t at = 0; at < list.size(); ++at) {
      add(s_.o.relation(list[at]->parent));
      for (const Relation* view : bodies_.leading_to(*list[at])) add(view);
      for (const auto& key : s_.o.constraints_of(list[at]->oid))
        if (key.kind == 'f') add(s_.o.relation(key.referenced));
    }
    return list;
  }

  const Relation* fires(const Function& f, std::size_t c) const {
    const auto at = fired_.find(f.oid);
    if (at == fired_.end()) return nullptr;
    for (const Relation* relation : at->second)
      for (const Relation* written : ways_to(*relation)) {
        const std::size_t tenant = s_.principals.tenant_of_schema(written->schema);
        if (tenant != kNoTenant && s_.principals.class_of(tenant) == c) return written;
        if (writes(s_.letters_on(c, *written))) return written;
      }
    return nullptr;
  }

  void judge(const Function& f, const Finds& finds, const Caller& caller) {
    if (!is_pinned(f))
      add(f, caller, "definer_unpinned", "names in its body are looked up by the caller's search_path", nullptr);
    else if (const std::string schema = open_schema(f, caller); !schema.empty())
      add(f, caller, "definer_unpinned",
          fmt::format("its search_path has schema {}, where the caller may create", quoted(schema)), nullptr);
    if (!finds.dynamic.empty()) return add(f, caller, "definer_dynamic", finds.dynamic, nullptr);
    if (finds.leak) add(f, caller, "definer_reads", why_reads(f, finds), &*finds.leak);
  }

  std::string open_schema(const Function& f, const Caller& caller) const {
    for (const auto& name : path_of(s_, f))
      if (const Schema* schema = s_.o.schema_named(name))
        if (caller.tenant_class != kNoTenant ? s_.class_has(caller.tenant_class, schema->oid, 'C')
                                             : s_.grantee_has(caller.grantee, schema->oid, 'C'))
          return name;
    return {};
  }

  static std::string why_reads(const Function& f, const Finds& finds) {
    if (!finds.leak->doubt.empty()) return finds.leak->doubt;
    if (!f.arguments.empty()) return "what its arguments choose is not searched";
    if (f.language != "sql") return "what its statements return is not searched";
    if (!finds.direct || !finds.leak->table || finds.leak->command != 'r' || finds.leak->copy)
      return "what it does there is not searched";
    const Body body = read_body(f.source);
    for (const auto word : kChooses)
      if (body.says(word)) return fmt::format("what its conditions let through ({}) is not searched", word);
    if (std::ranges::any_of(body.strings, [](const std::string& text) { return text.find('.') != std::string::npos; }))
      return "whether it looks there is not searched";
    return {};
  }

  void add(const Function& f, const Caller& caller, std::string_view kind, std::string doubt, const Leak* leak) {
    const RoleId owner = s_.principals.of(f.owner);
    if (owner == kNobody) return;
    const std::size_t owning_tenant = s_.principals.tenant_of_role(owner);
    Hit hit{.kind = kind, .clause = "tenancy.definer_functions_pinned", .effect = Effect::Becomes};
    if (leak) hit.effect = leak->command == 'r' ? Effect::Reads : Effect::Writes;
    hit.tenant_class = caller.tenant_class;
    hit.grantee = caller.grantee;
    hit.victim = leak && leak->victim != kEverybody ? leak->victim
                 : owning_tenant != kNoTenant       ? owning_tenant
                                                    : kEverybody;
    const Schema* home = s_.o.schema(f.schema);
    hit.subject = {"function", std::string(home ? home->name : ""), fmt::format("{}({})", f.name, f.arguments), ""};
    if (doubt.empty()) doubt = caller.doubt;
    hit.certain = doubt.empty();
    hit.doubt = std::move(doubt);
    s_.breaks.add(std::move(hit), [&s = s_, &f, caller, to = leak ? leak->of : std::string(),
                                   by = leak ? privilege_names(std::string(1, leak->command)) : std::string()](
                                      Break& into, std::size_t who, std::size_t whom) {
      tell(s, f, caller, into, who, whom);
      if (!to.empty()) into.path.push_back({into.path.back().to, by, to});
    });
  }

  static void tell(const Search& s, const Function& f, const Caller& caller, Break& into, std::size_t who,
                   std::size_t whom) {
    const std::string name = label(s, f);
    if (caller.how.empty())
      into.path = s.path_to(who, caller.by, "EXECUTE", name);
    else
      into.path = {{s.role_name(who), caller.how, name}};
    into.path.push_back({name, "runs as", std::string(s.o.role_name(f.owner))});
    const Schema* home = s.o.schema(f.schema);
    if (!caller.how.empty() || !caller.doubt.empty() || !f.arguments.empty() || !home) return;
    into.demonstration = {{s.role_name(who), fmt::format("{} SELECT * FROM {}.{}();", s.setting(whom),
                                                         quoted(home->name), quoted(f.name))}};
  }

  Search& s_;
  Bodies bodies_;
  std::unordered_map<Oid, std::vector<const Relation*>> fired_;  // by function
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
