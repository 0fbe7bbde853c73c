#pragma once
// Programs that the contract names (Alembic, seeds), run against the environment's database. They get the DSN without
// its password in the variable the contract names, the password through an inherited memory file (PGPASSFILE), role and
// search_path through PGOPTIONS: an env.py needs nothing of ours. One child at a time per call; any thread.

#include <functional>
#include <string>

#include "base/process.hpp"
#include "base/result.hpp"
#include "model/contract.hpp"
#include "model/step.hpp"
#include "postgres/dsn.hpp"

namespace pgcontract::act {

// Output of the program; an Error with the end of its stderr where it exits with another code than 0.
Result<std::string> run_program(const Contract& contract, const postgres::Dsn& dsn, const Program& program,
                                int lock_timeout_ms, const std::function<void(std::string_view)>& on_line = {});

// What makes libpq programs (psql) connect as `dsn` says: variables without secrets, and the password's memory file.
void set_connection(ProcessRequest& request, const postgres::Dsn& dsn, const std::string& options);

// "role=x" and the like as PGOPTIONS takes them: blanks and backslashes escaped.
std::string session_option(const std::string& name, const std::string& value);

}  // namespace pgcontract::act
