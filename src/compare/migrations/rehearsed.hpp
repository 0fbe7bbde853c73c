#pragma once
// What `migrate check` found out by trying every revision on a disposable database, read back from its evidence: keys
// "<word> broken <section>/<revision>" and "<word> untested …", each with the reason. Pure; any thread.

#include <string_view>

#include "model/clause.hpp"

namespace pgcontract::compare {

Examined judged_by_check(const Judged& judged, std::string_view word);

// "file:line" of the revision that a label ("tenant/843e1cde6d8c") names; empty where there is none.
std::string place_of_revision(const MigrationFiles& files, std::string_view label);

}  // namespace pgcontract::compare
