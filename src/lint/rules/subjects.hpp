#pragma once
// The subjects that rules.cpp puts into one table. Constants that live as long as the program.

#include <span>

#include "lint/rule.hpp"

namespace pgcontract::lint {

std::span<const Rule> index_rules();
std::span<const Rule> column_rules();
std::span<const Rule> type_rules();
std::span<const Rule> key_rules();
std::span<const Rule> key_state_rules();
std::span<const Rule> loss_rules();
std::span<const Rule> rewrite_rules();
std::span<const Rule> transaction_rules();
std::span<const Rule> fleet_rules();
std::span<const Rule> repeat_rules();
std::span<const Rule> history_rules();

}  // namespace pgcontract::lint
