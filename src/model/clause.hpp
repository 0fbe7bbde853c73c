#pragma once
// A clause: one sentence of the contract with a stable id, the reason it exists and its check. Each stands in one file
// of compare/ and one row of compare/clauses.cpp. Checks are pure: contract and observation in, findings out.

#include <string>
#include <string_view>
#include <vector>

#include "model/contract.hpp"
#include "model/finding.hpp"
#include "model/observation.hpp"

namespace pgcontract {

// All a check may look at.
struct Judged {
  const Contract& contract;
  const Environment& environment;
  const Observation& observation;
  Date today;
  std::string_view corpus = {};  // the attacks this program knows: sha256; empty: it is not asked
};

// What a check returns: its findings, and one phrase on what was examined ("21 shared tables").
struct Examined {
  std::vector<Finding> findings;
  std::string examined;
  std::string unknown;  // set where the check itself cannot tell: the verdict is then `unknown` with this reason
};

using Check = Examined (*)(const Judged&);

struct Clause {
  std::string_view id;        // "tenancy.rls_forced"
  std::string_view title;     // a promise in one line, lower case: what holds when it holds
  std::string_view sentence;  // of the contract, or the design rule behind it
  std::string_view why;       // what goes wrong without it; one short paragraph
  std::vector<Fact> needs;    // unreadable ones make the verdict unknown
  Check check = nullptr;      // null: judged by a later version; the verdict is unknown with `pending`
  std::string_view pending;   // why it cannot be judged yet
};

}  // namespace pgcontract
