#pragma once
// What a function that runs as its owner comes to: its body, those of the functions it calls, and what hangs on the
// tables it names (triggers, defaults, checks, policies, rules), each read as whoever it runs as. Refers to the Search.

#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tenancy/body.hpp"
#include "tenancy/looks.hpp"

namespace pgcontract::tenancy {

// Whether a function is one of ours, unchanged: those look at nothing but the session and the registry.
bool is_guard(const Search& search, const Function& function);
// The schemas of a pinned path, in order.
std::vector<std::string> path_of(const Search& search, const Function& function);

struct Finds {
  std::string dynamic;       // why it cannot be decided what it does
  std::optional<Leak> leak;  // what it shows or changes of another tenant
  bool direct = false;       // by its own body, not one further down
};

class Bodies {
 public:
  explicit Bodies(const Search& search);

  Finds finds_of(const Function& definer);
  const Function* function(Oid oid) const;
  const std::vector<const FunctionUse*>& uses_of(const Function& function) const;  // that call it
  // Relations whose views or rules lead to this one.
  const std::vector<const Relation*>& leading_to(const Relation& relation) const;

 private:
  struct Frame {
    RoleId as;
    std::vector<std::string> path;
    std::string trail;  // "it calls api.f(): "
    std::size_t depth;
  };
  void walk(const Function& function, const Frame& frame);
  void walk_called(const Function& function, const Frame& frame);
  void walk_names(const Body& body, const Frame& frame);
  void walk_strings(const Body& body, const Frame& frame);
  void walk_table(const Relation& relation, const Frame& frame);
  void look_at(const Relation& relation, const Frame& frame);
  void doubt(const Frame& frame, const std::string& why);
  std::vector<const Function*> named(const BodyName& name, const std::vector<std::string>& path) const;
  const Relation* relation_named(const BodyName& name, const std::vector<std::string>& path) const;

  const Search& s_;
  Looks looks_;
  Finds found_;
  std::set<std::pair<Oid, RoleId>> seen_;
  std::unordered_map<Oid, const Function*> by_oid_;
  std::unordered_map<std::string, std::vector<const Function*>> by_name_;
  std::unordered_map<Oid, std::vector<const FunctionUse*>> uses_;     // by function
  std::unordered_map<Oid, std::vector<const Function*>> called_by_;   // by relation or function: what it calls
  std::unordered_map<Oid, std::vector<const Relation*>> leading_to_;  // by what is read
  std::unordered_map<Oid, std::vector<const Relation*>> children_;    // by parent
  std::vector<const Function*> ambient_;                              // that operators, casts and types call
};

}  // namespace pgcontract::tenancy
