#pragma once
// Time as the product shows it: instants are RFC 3339 in UTC, dates are ISO 8601, durations in seconds. The clock is
// read in command/ and handed down; compare/ and plan/ never read it.

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace pgcontract {

using Instant = std::chrono::sys_time<std::chrono::milliseconds>;
using Date = std::chrono::year_month_day;

Instant now();
Date date_of(Instant instant);
std::string format_instant(Instant instant);  // 2026-11-23T02:34:54.120Z
std::string format_date(Date date);           // 2026-11-23
Result<Date> parse_date(std::string_view text);

}  // namespace pgcontract
