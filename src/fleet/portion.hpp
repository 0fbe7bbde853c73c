#pragma once
// A number of schemas, or a percentage of them. Pure; any thread.

#include <algorithm>

namespace pgcontract::fleet {

struct Portion {
  int value = 0;
  bool percent = false;

  // Rounded up.
  int of(int total) const {
    return percent ? static_cast<int>((static_cast<long long>(total) * value + 99) / 100) : value;
  }
};

// Whether so many failures among those tried are too many. A percentage is of those tried, of which twenty (or all,
// where there are fewer) are always counted: one failure among the first two schemas is not yet a rate.
inline bool too_many(const Portion& most, int failed, int tried, int total) {
  constexpr int kLeast = 20;
  if (!most.percent) return failed > most.value;
  return static_cast<long long>(failed) * 100 >
         static_cast<long long>(most.value) * std::max(tried, std::min(kLeast, total));
}

}  // namespace pgcontract::fleet
