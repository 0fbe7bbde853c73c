#pragma once
// World → Observation: the catalog of one database in a fixed number of statements (one per fact, plus one per hundred
// Alembic version tables), and the migration files. All statements share one REPEATABLE READ snapshot, so that a table
// and its columns belong together. A fact the role may not read is noted in Observation::unreadable; everything else
// that fails is an Error.

#include <span>

#include "base/result.hpp"
#include "model/contract.hpp"
#include "model/observation.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::observe {

// The server's part. Inside an open transaction it looks through that transaction's eyes (tests roll it back);
// otherwise it opens and ends its own. Servers older than 14 give only the fact Server.
Result<Observation> observe_server(postgres::Connection& connection, const Contract& contract);

// The same with the files of the migrations read from the contract's folder.
Result<Observation> observe_world(postgres::Connection& connection, const Contract& contract);

// Adds the evidence of another database's ledger, where it has one.
Result<void> observe_evidence(postgres::Connection& connection, Observation& into);

// What tenant isolation depends on and no more: a third of the time and memory where there are many tenants. Columns
// are those with grants of their own and the tenants' column; constraints and indexes those of the application's
// schema.
Result<Observation> observe_reach(postgres::Connection& connection, const Contract& contract);
// Adds all columns of some relations to what observe_reach() saw.
Result<void> observe_columns(postgres::Connection& connection, std::span<const Oid> relations, Observation& into);

}  // namespace pgcontract::observe
