#pragma once
// The comparison behind `migrate drift`, for those who prove a run with it. Opens connections of its own; with
// kAgainstDatabase also a disposable database, which Alembic builds.

#include "command/world.hpp"
#include "model/drift.hpp"
#include "report/progress.hpp"

namespace pgcontract::command {

inline constexpr std::string_view kAgainstDatabase = "database";

// Tenants with each other where `against` is empty, else with that schema, or with what the migrations make. Sets
// `tenants` to how many there are, and `left_out` to how many differences are apply's doing and not the migrations'.
Result<Drift> find_drift(const Place& place, const postgres::Dsn& dsn, const std::string& against,
                         report::Progress& progress, int& tenants, std::size_t& left_out);

}  // namespace pgcontract::command
