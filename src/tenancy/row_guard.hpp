#pragma once
// Whether row-level security keeps one tenant's rows of a shared table from another, for one command and one reader:
// PostgreSQL's own rules of which policies apply (docs §5.9), and whether what applies is our binding. Pure.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/contract.hpp"
#include "model/observation.hpp"

namespace pgcontract::tenancy {

enum class Guard {
  Holds,
  Off,     // row-level security is not enabled
  Owner,   // the owner, without FORCE
  Bypass,  // superuser or BYPASSRLS
  Open,    // the policies that apply are not bound to the role
};

// As whom the table is looked at.
struct Reader {
  std::function<bool(Oid)> has_role;  // holds the privileges of a role; 0 is PUBLIC
  bool bypasses = false;
};

struct Judgement {
  Guard guard = Guard::Holds;
  bool certain = true;                // Open: that a session gets through is plain from the policies
  std::vector<std::string> settings;  // to be set to the other tenant's id
  std::string policy;                 // the one that lets it through
  bool written_only = false;          // rows of others are not seen, but rows may be written for others
};

// `command`: r a w d. For writes both what may be written to and what may be written.
Judgement judge_rows(const Contract& contract, const Observation& observation, const Relation& table, char command,
                     const Reader& reader);

}  // namespace pgcontract::tenancy
