#pragma once
// Reads the fingerprints of any number of schemas with a fixed number of statements: one COPY a catalog. Within the
// caller's transaction (its snapshot) where there is one, else in a REPEATABLE READ, READ ONLY one of its own. Session
// settings are as before afterwards. One thread, the connection's.

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "fingerprint/tree.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::fingerprint {

// Words that are a schema's own and are read as a token: its role, its tenant's id, and its name where that is a
// distinctive word. They are replaced wherever they stand as a whole word, in literals, bodies and privileges too. The
// schema's name in qualified names ("tenant_4f.reports") is always replaced, by {schema}.
struct OwnWord {
  std::string word;
  std::string token;  // "{role}"
};

struct Wanted {
  std::string schema;
  std::vector<OwnWord> own;
};

struct ReadOptions {
  std::string version_table;  // "alembic_version"; empty: heads are not read
};

// One fingerprint for each of `wanted`, in its order; no schema twice.
Result<std::vector<SchemaFingerprint>> read_fingerprints(postgres::Connection& connection,
                                                         const std::vector<Wanted>& wanted,
                                                         const ReadOptions& options = {});

}  // namespace pgcontract::fingerprint
