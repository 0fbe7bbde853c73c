#include "report/progress.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "report/display.hpp"

namespace pgcontract::report {
namespace {

using namespace std::chrono_literals;

// A progress line with a clock turned by hand; `writes` are what stderr would get.
struct Watched {
  Watched(bool enabled, bool terminal, int columns = 80)
      : progress(
            enabled, terminal, columns, [this](std::string_view bytes) { writes.emplace_back(bytes); },
            [this] { return now; }) {}
  std::vector<std::string> writes;
  std::chrono::steady_clock::time_point now{1h};
  Progress progress;
};

TEST(Progress, RewritesOneLineAndClearsIt) {
  Watched watched(true, true);
  watched.progress.begin("applying", 12);
  watched.now += 1500ms;
  watched.progress.advance(3, "step role pgc_owner");
  watched.progress.end();
  const std::vector<std::string> expected = {"\r\x1b[Kapplying 0/12 (0 s)",
                                             "\r\x1b[Kapplying 3/12 step role pgc_owner (1 s)", "\r\x1b[K"};
  EXPECT_EQ(watched.writes, expected);
}

TEST(Progress, WritesAtMostTenTimesASecond) {
  Watched watched(true, true);
  watched.progress.begin("applying", 1000);
  for (int done = 1; done <= 1000; ++done) {
    watched.now += 1ms;
    watched.progress.advance(done, "");
  }
  EXPECT_EQ(watched.writes.size(), 11u);
}

TEST(Progress, NeverWrapsNorObeysNames) {
  Watched watched(true, true, 30);
  watched.progress.begin("applying", 0);
  watched.now += 1s;
  watched.progress.advance(1, "\x1b[2J\n" + std::string(100, 'x'));
  const auto line = watched.writes.back().substr(std::string_view("\r\x1b[K").size());
  EXPECT_LE(columns_of(line), 29);
  EXPECT_EQ(line.find_first_of("\x1b\n"), std::string::npos);
}

TEST(Progress, WritesPlainLinesEveryTenSecondsElsewhere) {
  Watched watched(true, false);
  watched.progress.begin("applying", 40);
  for (int done = 1; done <= 25; ++done) {
    watched.now += 1s;
    watched.progress.advance(done, "");
  }
  watched.progress.end();
  const std::vector<std::string> expected = {"applying 10/40 (10 s)\n", "applying 20/40 (20 s)\n"};
  EXPECT_EQ(watched.writes, expected);
}

TEST(Progress, IsSilentWhenQuietAndAfterTheEnd) {
  Watched quiet(false, true);
  quiet.progress.begin("applying", 2);
  quiet.now += 1min;
  quiet.progress.advance(1, "");
  quiet.progress.end();
  EXPECT_TRUE(quiet.writes.empty());
  Watched ended(true, true);
  ended.progress.begin("applying", 2);
  ended.progress.end();
  const auto writes = ended.writes.size();
  ended.now += 1min;
  ended.progress.advance(2, "");
  ended.progress.end();
  EXPECT_EQ(ended.writes.size(), writes);
}

TEST(Progress, ClearsItsLineWhenItGoesAway) {
  std::string bytes;
  {
    Progress progress(
        true, true, 80, [&](std::string_view more) { bytes += more; },
        [] { return std::chrono::steady_clock::time_point{}; });
    progress.begin("reading", 0);
  }
  EXPECT_TRUE(bytes.ends_with("\r\x1b[K"));
}

}  // namespace
}  // namespace pgcontract::report
