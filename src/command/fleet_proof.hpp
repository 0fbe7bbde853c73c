#pragma once
// What a run of the fleet proves by catalog fingerprints: that every migrated tenant is what the first one of its group
// is, and that a schema which is to be stamped is what schemas at that revision are. Opens connections of its own.

#include <vector>

#include "command/fleet.hpp"
#include "model/drift.hpp"

namespace pgcontract::command {

// One set a group; the reference is the first of it that was migrated. Sets of one schema are left out.
Result<Drift> prove_alike(const Place& place, const postgres::Dsn& dsn, const std::vector<fleet::Passage>& passages);

// The first tenant of each group that was sent a recording against the schema that it was recorded on; adds a set each.
Result<void> prove_recorded(const Place& place, const postgres::Dsn& dsn, const std::vector<Group>& groups,
                            const std::vector<fleet::Passage>& passages, Drift& drift);

// Takes out of the groups, into groups with an error of their own, what no schema at the target is like.
Result<void> check_stamps(const Place& place, const postgres::Dsn& dsn, const fleet::Survey& survey,
                          std::vector<Group>& groups);

}  // namespace pgcontract::command
