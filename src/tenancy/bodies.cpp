#include "tenancy/bodies.hpp"

#include <algorithm>

namespace pgcontract::tenancy {
namespace {

constexpr std::string_view kEverything = "rawd";

bool is_readable(const Function& f) { return f.language == "sql" || f.language == "plpgsql"; }

}  // namespace

bool is_guard(const Search& s, const Function& f) {
  const Schema* home = s.o.schema(f.schema);
  if (!home || home->name != kSchema || !f.arguments.empty()) return false;
  for (const auto& guard : guard_functions(s.contract))
    if (f.name == guard.name && f.source == guard.source && f.settings == std::vector<Text>{kPinnedPath}) return true;
  return false;
}

std::vector<std::string> path_of(const Search& s, const Function& f) {
  std::vector<std::string> schemas;
  for (Text setting : f.settings) {
    if (!setting.starts_with("search_path=")) continue;
    Text rest = setting.substr(setting.find('=') + 1);
    while (!rest.empty()) {
      const auto comma = rest.find(',');
      std::string name;
      for (const char c : rest.substr(0, comma))
        if (c != ' ' && c != '"') name += c;
      schemas.push_back(name == "$user" ? std::string(s.o.role_name(f.owner)) : name);
      rest = comma == Text::npos ? Text{} : rest.substr(comma + 1);
    }
  }
  return schemas;
}

Bodies::Bodies(const Search& search) : s_(search), looks_(search) {
  for (const auto& function : s_.o.functions) {
    by_oid_.emplace(function.oid, &function);
    if (const Schema* home = s_.o.schema(function.schema))
      by_name_[fmt::format("{}.{}", home->name, function.name)].push_back(&function);
  }
  for (const auto& use : s_.o.function_uses) {
    const Function* called = function(use.function);
    if (!called) continue;
    uses_[use.function].push_back(&use);
    if (use.kind == 'r' || use.kind == 'f')
      called_by_[use.user].push_back(called);
    else
      ambient_.push_back(called);
  }
  for (const auto& trigger : s_.o.triggers)
    if (const Function* called = function(trigger.function)) called_by_[trigger.relation].push_back(called);
  for (const auto& read : s_.o.rule_reads)
    if (const Relation* relation = s_.o.relation(read.relation)) leading_to_[read.reads].push_back(relation);
  if (std::ranges::none_of(s_.o.functions, &Function::security_definer)) return;
  for (const auto& relation : s_.o.relations)
    if (relation.parent != 0) children_[relation.parent].push_back(&relation);
}

const Function* Bodies::function(Oid oid) const {
  const auto at = by_oid_.find(oid);
  return at == by_oid_.end() ? nullptr : at->second;
}

const std::vector<const FunctionUse*>& Bodies::uses_of(const Function& f) const {
  static const std::vector<const FunctionUse*> none;
  const auto at = uses_.find(f.oid);
  return at == uses_.end() ? none : at->second;
}

const std::vector<const Relation*>& Bodies::leading_to(const Relation& relation) const {
  static const std::vector<const Relation*> none;
  const auto at = leading_to_.find(relation.oid);
  return at == leading_to_.end() ? none : at->second;
}

Finds Bodies::finds_of(const Function& definer) {
  found_ = {};
  seen_.clear();
  std::vector<std::string> path = path_of(s_, definer);
  if (path.empty()) path = {s_.contract.schemas.application.name};  // as its callers have it
  const RoleId owner = s_.principals.of(definer.owner);
  if (owner == kNobody) return {"its owner is not known", std::nullopt, false};
  walk(definer, {owner, path, "", 0});
  // What operators, casts and types call stands in no body.
  for (const Function* called : ambient_) walk_called(*called, {owner, path, "", 0});
  return std::move(found_);
}

void Bodies::doubt(const Frame& frame, const std::string& why) {
  if (found_.dynamic.empty()) found_.dynamic = frame.trail + why;
}

void Bodies::walk_called(const Function& f, const Frame& frame) {
  walk(f, {frame.as, frame.path, fmt::format("it calls {}: ", s_.o.name_of(f)), frame.depth + 1});
}

void Bodies::walk(const Function& f, const Frame& caller) {
  Frame frame = caller;
  if (f.security_definer) frame.as = s_.principals.of(f.owner);
  if (is_guard(s_, f) || frame.as == kNobody || !seen_.emplace(f.oid, frame.as).second) return;
  if (auto path = path_of(s_, f); !path.empty()) frame.path = std::move(path);
  if (const auto at = called_by_.find(f.oid); at != called_by_.end())
    for (const Function* called : at->second) walk_called(*called, frame);
  if (f.kind == 'a' || (f.from_extension && !is_readable(f))) return;
  if (!is_readable(f)) return doubt(frame, fmt::format("a body in {} cannot be read", f.language));
  if (f.source.empty()) return doubt(frame, "its body is kept as a parse tree");
  const Body body = read_body(f.source);
  if (const std::string why = why_open(body, f.source); !why.empty()) return doubt(frame, why);
  if (const std::string why = power_in(s_, f.source, frame.as, true); !why.empty()) doubt(frame, why);
  walk_names(body, frame);
  walk_strings(body, frame);
}

void Bodies::walk_names(const Body& body, const Frame& frame) {
  for (const auto& name : body.names) {
    for (const Function* called : named(name, frame.path)) walk_called(*called, frame);
    if (const Relation* relation = relation_named(name, frame.path)) walk_table(*relation, frame);
  }
}

// A name in a string may become a regclass.
void Bodies::walk_strings(const Body& body, const Frame& frame) {
  for (const auto& text : body.strings)
    for (const auto& name : read_body(text).names)
      if (const Schema* schema = name.schema.empty() ? nullptr : s_.o.schema_named(name.schema);
          schema && s_.principals.tenant_of_schema(schema->oid) != kNoTenant)
        if (const Relation* relation = relation_named(name, {})) look_at(*relation, frame);
}

void Bodies::look_at(const Relation& relation, const Frame& frame) {
  const Leak* leak = looks_.leak_of(relation, {frame.as, kNoTenant, kNobody}, kNoTenant, kEverything);
  if (!leak || (found_.leak && (found_.direct || frame.depth > 0))) return;
  found_.leak = *leak;
  found_.direct = frame.depth == 0;
}

// Views are followed by Looks; their functions, and what hangs on a table and its partitions, run as whoever comes by.
void Bodies::walk_table(const Relation& relation, const Frame& frame) {
  look_at(relation, frame);
  std::vector<const Relation*> list{&relation};
  for (std::size_t at = 0; at < list.size(); ++at) {
    if (const auto calls = called_by_.find(list[at]->oid); calls != called_by_.end())
      for (const Function* called : calls->second) walk_called(*called, frame);
    const auto add = [&](const Relation* more) {
      if (more && std::ranges::count(list, more) == 0) list.push_back(more);
    };
    if (const auto below = children_.find(list[at]->oid); below != children_.end())
      for (const Relation* child : below->second) add(child);
    for (const auto& read : s_.o.rule_reads_of(list[at]->oid)) {
      const Relation* read_there = s_.o.relation(read.reads);
      add(read_there);
      if (read.event == '1' || !read_there) continue;
      // What a rule does it does as the owner of its table.
      Frame as_owner = frame;
      as_owner.as = s_.principals.of(list[at]->owner);
      if (as_owner.as != kNobody) look_at(*read_there, as_owner);
    }
  }
}

std::vector<const Function*> Bodies::named(const BodyName& name, const std::vector<std::string>& path) const {
  std::vector<const Function*> all;
  const auto add = [&](std::string_view schema) {
    const auto at = by_name_.find(fmt::format("{}.{}", schema, name.name));
    if (at != by_name_.end()) all.insert(all.end(), at->second.begin(), at->second.end());
  };
  if (!name.schema.empty() && s_.o.schema_named(name.schema))
    add(name.schema);
  else if (name.schema != "pg_catalog")  // of a row: row.f is f(row)
    for (const auto& schema : path) add(schema);
  return all;
}

const Relation* Bodies::relation_named(const BodyName& name, const std::vector<std::string>& path) const {
  const auto in = [&](std::string_view schema_name) -> const Relation* {
    const Schema* schema = s_.o.schema_named(schema_name);
    if (!schema) return nullptr;
    const auto relations = s_.o.relations_of(schema->oid);
    const auto at = std::ranges::lower_bound(relations, Text(name.name), {}, &Relation::name);
    return at != relations.end() && at->name == name.name ? &*at : nullptr;
  };
  if (!name.schema.empty()) return in(name.schema);
  for (const auto& schema : path)
    if (const Relation* found = in(schema)) return found;
  return nullptr;
}

}  // namespace pgcontract::tenancy
