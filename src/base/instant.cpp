#include "base/instant.hpp"

#include <fmt/format.h>

#include <charconv>

namespace pgcontract {

Instant now() { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

Date date_of(Instant instant) { return Date{std::chrono::floor<std::chrono::days>(instant)}; }

std::string format_date(Date date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string format_instant(Instant instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::hh_mm_ss time{instant - day};
  return fmt::format("{}T{:02}:{:02}:{:02}.{:03}Z", format_date(Date{day}), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

Result<Date> parse_date(std::string_view text) {
  const auto malformed = [&] {
    return fail(ErrorCode::InvalidInput, fmt::format("\"{}\" is not a date", text.substr(0, 40)),
                "Write year-month-day, such as 2027-06-30.");
  };
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return malformed();
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  const auto read = [](std::string_view part, auto& value) {
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    return error == std::errc{} && end == part.data() + part.size();
  };
  if (!read(text.substr(0, 4), year) || !read(text.substr(5, 2), month) || !read(text.substr(8, 2), day))
    return malformed();
  const Date date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
  if (!date.ok()) return malformed();
  return date;
}

}  // namespace pgcontract
