#pragma once
// Runs the statements of a script one by one on a disposable database and looks at what each did: its locks in
// pg_locks, the storage of relations, the scans that the server counted. Each statement that can runs in a transaction
// of its own, so that it is told of every lock, also of one that a statement before it would still hold; where a part
// needs its one transaction (SET LOCAL, LOCK) it has it, and each statement is told of what it adds. What cannot run in
// a transaction is watched from a second session. One thread inside for that; otherwise the caller's.

#include "base/result.hpp"
#include "fleet/script.hpp"
#include "model/contract.hpp"
#include "model/effect.hpp"
#include "model/fleet.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::rehearse {

// `schema` is on the disposable database of `dsn` and stands at the script's `from`. Afterwards it stands at its `to`,
// or where the first statement failed: those behind it are not observed. `owner` is who runs them; empty: the DSN's
// role.
Result<Effects> observe_effects(const Contract& contract, const postgres::Dsn& dsn, const std::string& owner,
                                const FleetSchema& schema, const fleet::Script& script);

}  // namespace pgcontract::rehearse
