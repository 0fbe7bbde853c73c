#pragma once
// How a statement that Alembic runs outside of a transaction can be kept from running twice. By its first words; what
// it does not know it takes for the worst. Pure; any thread.

#include <string_view>

namespace pgcontract::fleet {

enum class Alone {
  No,          // it can stand in a transaction as well, together with its mark
  Repeatable,  // where it was cut off it is sent again: indexes, VACUUM, ADD VALUE, IF NOT EXISTS
  Once,        // where it was cut off nobody knows what it did: CALL, DO
};
Alone alone_of(std::string_view statement);

}  // namespace pgcontract::fleet
