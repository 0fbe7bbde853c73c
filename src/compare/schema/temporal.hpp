#pragma once
// PostgreSQL's types with a time of day, as the convention sees them. Pure; any thread.
//
// `date` and `interval` are none of them, on purpose: a calendar day (a birthday, a due date) is no instant and has no
// time zone to lose, and a duration has no place on the clock.

#include <string>
#include <string_view>

#include "model/observation.hpp"

namespace pgcontract::compare {

// format_type()'s name without precision and brackets: "timestamp(3) without time zone[]" is "timestamp without time
// zone". The contract's short spellings (timestamptz) become the long ones.
std::string plain_type(std::string_view type_name);

// The plain type below domains and arrays.
std::string base_type(const Column& column);

// Whether the column is of the base type itself, not of an array or a domain over it.
bool is_direct(const Column& column);

// Whether a plain type carries a time of day.
bool is_temporal(std::string_view plain_type);

// Whether a plain temporal type keeps what `wanted` keeps: the type itself, and ranges over it.
bool agrees_with(std::string_view plain_type, std::string_view wanted);

}  // namespace pgcontract::compare
