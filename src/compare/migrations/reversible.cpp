// Judged from evidence: trying a revision takes a disposable database; `migrate check` makes one and leaves what it
// found in the ledger. Evidence speaks for the revision files it was made of.

#include "compare/declarations.hpp"
#include "compare/migrations/rehearsed.hpp"

namespace pgcontract::compare {

const Clause kMigrationsReversible = {
    .id = "migrations.reversible",
    .title = "each migration can be undone",
    .sentence = "Use autogenerate to create migrations, then hand-edit for idempotency and reversible operations.",
    .why =
        "A downgrade that nobody ran is a wish. The day it is needed is the day the release has already failed. "
        "`pgcontract migrate check` takes every revision up, down and up again on a disposable database: each step "
        "must succeed, and the schema's fingerprint must be after the downgrade what it was before the upgrade, and "
        "after the second upgrade what it was after the first.",
    .needs = {Fact::Server, Fact::MigrationFiles, Fact::Evidence},
    .check = [](const Judged& judged) { return judged_by_check(judged, "reversible"); },
    .pending = {},
};

}  // namespace pgcontract::compare
