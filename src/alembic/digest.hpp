#pragma once
// What the revision files are, as hashes: whether a file is still the one that was released, and whether what was found
// out about a history is about today's. Read from disk where asked for; reading a history does not need it. Any thread.

#include <string>

#include "model/migrations.hpp"

namespace pgcontract::alembic {

// Fills `sha256` of every revision whose file can be read. `directory` is the contract's.
void add_digests(RevisionGraph& graph, const std::string& directory);

// Of all revisions of both histories with their files' digests; empty where one is missing. Pure.
std::string digest_of(const MigrationFiles& files);

}  // namespace pgcontract::alembic
