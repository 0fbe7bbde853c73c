// Judged from evidence: trying a revision takes a disposable database; `migrate check` makes one and leaves what it
// found in the ledger. Evidence speaks for the revision files it was made of.

#include "compare/declarations.hpp"
#include "compare/migrations/rehearsed.hpp"

namespace pgcontract::compare {

const Clause kMigrationsIdempotent = {
    .id = "migrations.idempotent",
    .title = "a migration that was cut short can be run again",
    .sentence = "Use autogenerate to create migrations, then hand-edit for idempotency and reversible operations.",
    .why =
        "A migration that stopped between two transactions leaves half of its objects; run again, it must step over "
        "them. `pgcontract migrate check` runs the SQL of every upgrade and downgrade twice: the second time must "
        "succeed and change nothing.",
    .needs = {Fact::Server, Fact::MigrationFiles, Fact::Evidence},
    .check = [](const Judged& judged) { return judged_by_check(judged, "idempotent"); },
    .pending = {},
};

}  // namespace pgcontract::compare
