#pragma once
// What somebody sees or changes of other tenants through a relation that was found for them: a table, or a view with
// all that it speaks of, followed through the server's own record and not by its text. Refers to the Search.

#include <string>
#include <string_view>
#include <vector>

#include "tenancy/search.hpp"

namespace pgcontract::tenancy {

// Who looks: a class of tenants, all in one, or a role: the owner of a view, a rule or a function.
struct Eye {
  RoleId owner = kNobody;
  std::size_t tenant_class = kNoTenant;
  RoleId own = kNobody;  // of the class: the one tenant's role
};

struct Leak {
  const Relation* table = nullptr;  // null: one of the server's own
  std::string of;                   // its name
  std::size_t victim = kEverybody;
  Judgement verdict;
  char command = 'r';
  std::string as;  // whom it is looked at as
  bool copy = false;
  std::string doubt = {};  // why it is not certain, where the verdict does not say
};

class Looks {
 public:
  explicit Looks(const Search& search) : s_(search) {}

  // The first table by which one of `commands` reaches rows of another tenant than `own`.
  const Leak* leak_of(const Relation& relation, const Eye& eye, std::size_t own, std::string_view commands);

 private:
  struct Seen {
    const Relation* relation;
    RoleId owner;
    bool copy;
    bool operator==(const Seen&) const = default;
  };
  // `reader`: who opened the first view, as whom those look that are security_invoker, however deep.
  void follow(const Relation& relation, const Eye& reader, bool copy);
  void judge(const Relation& table, const Eye& eye, bool copy);
  void judge_text(const Relation& view, const Eye& eye, bool copy);
  bool may(const Relation& table, const Eye& eye, char command) const;

  const Search& s_;
  std::string_view commands_;
  std::vector<Leak> leaks_;
  std::vector<Seen> seen_;
};

// What of the server's own `body` names that shows or does more to `role` than to a tenant; empty where nothing.
// `as_role`: the session's current role is that role, as in a function that runs as its owner; not so in a view.
std::string power_in(const Search& search, std::string_view body, RoleId role, bool as_role);

}  // namespace pgcontract::tenancy
