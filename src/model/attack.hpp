#pragma once
// What `tenant attack` found: one outcome an attack, in the order of the corpus. Values; no I/O.

#include <string>
#include <string_view>
#include <vector>

namespace pgcontract {

enum class AttackResult {
  Refused,    // the server did not do it
  Succeeded,  // it did, and the design promises that it does not
  Residual,   // it did, and the design says so
  NotJudged,  // it could not be tried as it was meant to be
};
std::string_view to_string(AttackResult result);  // "refused", "succeeded", "residual", "not_judged"

struct AttackOutcome {
  std::string id;      // "ID08"
  std::string title;   // "One SELECT through the extended protocol …"
  std::string kind;    // identity, rows, escalation, metadata, availability, state, replication
  std::string clause;  // which prevents it; empty where none does
  AttackResult result = AttackResult::NotJudged;
  std::string sqlstate;  // of the first refusal, or empty
  std::string answer;    // the refusal, what the attacker got to see, or why it could not be judged
  std::string promise;   // "refused", or why it is accepted and what limits it
};

struct AttackRun {
  std::string corpus_sha256;
  std::string server_version;  // "15.20"
  std::string profile;         // standard, strict
  std::string with;            // the file of changes that was tried; empty: the design as it is
  bool whole = true;           // false: only some attacks were asked for
  bool recorded = false;       // as evidence in the environment's database
  std::vector<AttackOutcome> outcomes;

  int count(AttackResult result) const;
  bool has_succeeded() const { return count(AttackResult::Succeeded) > 0; }
};

}  // namespace pgcontract
