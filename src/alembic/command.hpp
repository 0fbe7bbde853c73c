#pragma once
// The command lines of Alembic that pgcontract runs, as argument lists for base/process.hpp. They start in the
// contract's folder and never hold a secret: env.py gets its URL another way. Pure; any thread.

#include <string>
#include <vector>

#include "model/contract.hpp"

namespace pgcontract::alembic {

// `alembic -c alembic.ini -n section upgrade target [--sql]`. With `sql` nothing is run: the statements are printed,
// for split_rendered(); `target` is then best made by offline_target().
std::vector<std::string> upgrade_arguments(const Migrations& migrations, const std::string& section,
                                           const std::string& target, bool sql);

// "from:to", or "to" alone where `from` is empty: from the very beginning. Alembic renders from one row only, so a
// version table with several rows cannot be brought forward offline.
std::string offline_target(const std::string& from, const std::string& to);

// Of what a Python program said before it failed: the exception. "it says nothing" where there is none.
std::string last_line(const std::string& text);

}  // namespace pgcontract::alembic
