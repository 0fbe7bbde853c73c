#pragma once
// Proofs of a restored copy by PostgreSQL's own programs: every page's checksum, every table and index by amcheck,
// every row read by pg_dump. They run on the copy only. One thread.

#include <string>
#include <vector>

#include "drill/check.hpp"
#include "drill/isolated.hpp"

namespace pgcontract::drill {

Check prove_amcheck(const Isolated& copy);
// Each database, dumped to nowhere.
Check prove_scan(const Isolated& copy);
// Of a copy that was stopped.
Check prove_checksums(const std::string& data_directory);

}  // namespace pgcontract::drill
