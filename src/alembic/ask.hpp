#pragma once
// Asks Alembic for the headers of revision files that compute them: one Python program, with the interpreter and the
// settings that Alembic itself is run with. env.py is not run, as it is not by `alembic heads`. Any thread.

#include "alembic/graph.hpp"
#include "model/contract.hpp"

namespace pgcontract::alembic {

Ask ask_alembic(const Contract& contract);

}  // namespace pgcontract::alembic
