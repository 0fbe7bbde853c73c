#pragma once
// How bad a lock, a scan or a rewrite is depends on the table: nothing for an empty one, an outage for 50 GB. Pure.

#include <string>

#include "lint/lint.hpp"

namespace pgcontract::lint {

// Lowers or raises the finding's severity by what the target knows of the table, and adds that to its message. Without
// a server it stays as it is.
void weigh(Finding& finding, const std::string& table, const HistoryInput& history);

}  // namespace pgcontract::lint
