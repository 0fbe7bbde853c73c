// Judged from evidence: trying a revision takes a disposable database; `migrate check` makes one and leaves what it
// found in the ledger. Evidence speaks for the revision files it was made of.

#include "compare/declarations.hpp"
#include "compare/migrations/rehearsed.hpp"

namespace pgcontract::compare {

const Clause kMigrationsLockSafe = {
    .id = "migrations.lock_safe",
    .title = "no migration holds a lock that stops the service",
    .sentence =
        "Use autogenerate to create migrations, then hand-edit for idempotency and reversible operations (design rule: "
        "and for short locks).",
    .why =
        "An ALTER TABLE that waits for its lock makes every later reader wait behind it; one slow report becomes an "
        "outage. `pgcontract migrate check` runs every statement on the server at hand and looks: a revision is not "
        "safe where it rewrites or reads all of a table that was there before it under a lock that keeps writers out. "
        "Locks that only last as long as a change of the catalog are kept short by `migrate up`.",
    .needs = {Fact::Server, Fact::MigrationFiles, Fact::Evidence},
    .check = [](const Judged& judged) { return judged_by_check(judged, "lock_safe"); },
    .pending = {},
};

}  // namespace pgcontract::compare
