#pragma once
// What a command proved or did, as a row of the ledger: pgcontract.evidence, by which clauses judge.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "postgres/dsn.hpp"

namespace pgcontract::command {

struct EvidenceDetail {
  std::string key;
  std::string value;
  bool number = false;  // of JSON
};

// Why there is no row: the database has no ledger, or the role may not write it. Empty: there is one.
Result<std::string> leave_evidence(const postgres::Dsn& dsn, std::string_view kind, std::string_view subject,
                                   const std::vector<EvidenceDetail>& detail);

}  // namespace pgcontract::command
