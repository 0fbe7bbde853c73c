#pragma once
// What a run of the fleet proves by catalog fingerprints: that every migrated tenant is what the first one of its group
// is, and that a schema which is to be stamped is what schemas at that revision are. Opens connections of its own.

#include <vector>

#include "command/fleet.hpp"
#include "fingerprint/read.hpp"
#include "model/drift.hpp"
#include "report/progress.hpp"

namespace pgcontract::command {

// One set for all that end at the same rows, with one more that the survey found there before; what most of them are is
// the measure. Who has nobody to be compared with is named.
Result<Drift> prove_alike(const Place& place, const postgres::Dsn& dsn, const fleet::Survey& survey,
                          const std::vector<fleet::Passage>& passages);

// Adds what the schemas of the histories that were moved are not, compared with what their migrations make on a
// disposable database: the application's too, which has no other like it.
Result<void> prove_against_database(const Place& place, const postgres::Dsn& dsn,
                                    const std::vector<fleet::Passage>& passages, report::Progress& progress,
                                    Drift& drift);

// The first tenant of each group that was sent a recording against the schema that it was recorded on; adds a set each.
Result<void> prove_recorded(const Place& place, const postgres::Dsn& dsn, const std::vector<Group>& groups,
                            const std::vector<fleet::Passage>& passages, Drift& drift);

// Takes out of the groups, into groups with an error of their own, what no schema at the target is like.
Result<void> check_stamps(const Place& place, const postgres::Dsn& dsn, const fleet::Survey& survey,
                          std::vector<Group>& groups);

}  // namespace pgcontract::command
