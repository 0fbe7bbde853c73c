#include "wal/history.hpp"

#include <fmt/format.h>

#include <charconv>

#include "walg/names.hpp"

namespace pgcontract::wal {
namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
  const auto end = std::min(line.find_first_of(kBlank), line.size());
  const auto found = line.substr(0, end);
  line.remove_prefix(end);
  return found;
}

}  // namespace

Result<std::vector<Switch>> parse_history(std::string_view text, const std::string& where) {
  std::vector<Switch> switches;
  for (int number = 1; !text.empty(); ++number) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto timeline = word(line);
    if (timeline.empty() || timeline.front() == '#') continue;
    Switch found;
    const auto [end, problem] = std::from_chars(timeline.data(), timeline.data() + timeline.size(), found.parent);
    const auto lsn = walg::parse_lsn(word(line));
    const bool read = problem == std::errc() && end == timeline.data() + timeline.size() && found.parent > 0 && lsn;
    if (!read)
      return fail(ErrorCode::InvalidInput, "this is no line of a history file", "",
                  fmt::format("{}:{}", where, number));
    found.at = *lsn;
    if (!switches.empty() && (found.parent <= switches.back().parent || found.at < switches.back().at))
      return fail(ErrorCode::InvalidInput, "timelines and LSNs of a history file must increase", "",
                  fmt::format("{}:{}", where, number));
    switches.push_back(found);
  }
  if (switches.empty()) return fail(ErrorCode::InvalidInput, "the history file has no line", "", where);
  return switches;
}

}  // namespace pgcontract::wal
