// Judged from evidence: asking autogenerate takes a disposable database; `migrate check` makes one and leaves what it
// found in the ledger. Evidence speaks for the revision files it was made of.

#include "compare/declarations.hpp"
#include "compare/migrations/rehearsed.hpp"

namespace pgcontract::compare {

const Clause kMigrationsModelsMatch = {
    .id = "migrations.models_match",
    .title = "the models and the migrations make the same tables",
    .sentence = "CI runs alembic upgrade head against a disposable database to detect drift.",
    .why =
        "Code is written against the models and runs against what the migrations made. `pgcontract migrate check` "
        "builds both histories on a disposable database and asks Alembic's autogenerate, as env.py configures it, what "
        "a revision would still have to add; it should be nothing.",
    .needs = {Fact::Server, Fact::MigrationFiles, Fact::Evidence},
    .check = [](const Judged& judged) { return judged_by_check(judged, "models"); },
    .pending = {},
};

}  // namespace pgcontract::compare
