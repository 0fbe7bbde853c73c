#pragma once
// What compare/ concludes: one ClauseResult per clause, with the Findings that break it. Values; no I/O.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "model/contract.hpp"

namespace pgcontract {

enum class Verdict { Holds, Broken, Waived, Unknown, Warned };  // Warned: findings, none of them an error
std::string_view to_string(Verdict verdict);                    // "holds" …

// Clauses know errors only; the rules of lint weigh what they find.
enum class Severity { Error, Warning, Note };
std::string_view to_string(Severity severity);  // "error" …

// The thing a finding is about. `kind` is PostgreSQL's word: table, column, schema, role, function, database,
// setting, policy, revision, waiver …
struct Subject {
  std::string kind;
  std::string schema;  // raw name, or empty
  std::string name;    // raw name of the object
  std::string part;    // column, policy, privilege: raw name, or empty
  // "stratmaster_api.reports.created_at"; each part quoted only where SQL needs it. Waivers match on this.
  std::string label() const;
};

struct Waived {
  std::string reason;
  std::string by;
  Date until;
};

struct Finding {
  std::string clause;
  Subject subject;
  std::string message;            // "has type timestamp without time zone, the contract asks for timestamptz"
  std::string consider;           // a statement a person should weigh, never run by itself; may be empty
  std::vector<std::string> tags;  // extra machine-readable words a remedy needs ("missing", "owner")
  std::string where;              // file:line where the finding is about a file; else empty
  std::vector<Waived> waived;     // at most one: the waiver that covers it
  Severity severity = Severity::Error;

  bool is_waived() const { return !waived.empty(); }
  bool tagged(std::string_view tag) const;
};

struct ClauseResult {
  std::string clause;  // "tenancy.rls_forced"
  std::string title;   // one line, as a promise: "row-level security binds table owners too"
  Verdict verdict = Verdict::Unknown;
  std::string reason;  // why unknown; or what was examined, when it holds ("12 shared tables")
  std::vector<Finding> findings;
};

struct Verdicts {
  std::vector<ClauseResult> clauses;  // in the table's order
  int count(Verdict verdict) const;
  bool has_broken() const { return count(Verdict::Broken) > 0; }
  const ClauseResult* find(std::string_view clause) const;
};

}  // namespace pgcontract
