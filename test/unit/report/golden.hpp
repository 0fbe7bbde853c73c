#pragma once
// Golden files of report/: test/unit/report/golden/NAME holds what is expected; PGC_ACCEPT=1 rewrites it, to be
// reviewed in the diff.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace pgcontract::report {

inline std::string read_text_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void write_text_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// The first lines that differ, with their numbers.
inline std::string first_differences(const std::string& expected, const std::string& actual) {
  const auto before = lines_of(expected);
  const auto after = lines_of(actual);
  std::string shown;
  int left = 10;
  for (std::size_t at = 0; at < std::max(before.size(), after.size()) && left > 0; ++at) {
    const std::string* old_line = at < before.size() ? &before[at] : nullptr;
    const std::string* new_line = at < after.size() ? &after[at] : nullptr;
    if (old_line != nullptr && new_line != nullptr && *old_line == *new_line) continue;
    --left;
    if (old_line != nullptr) shown += fmt::format("{:>4} - {}\n", at + 1, *old_line);
    if (new_line != nullptr) shown += fmt::format("{:>4} + {}\n", at + 1, *new_line);
  }
  return shown;
}

// Compares `actual` with the file below the source directory.
inline void expect_same_as(const std::string& file, const std::string& actual) {
  const std::string path = fmt::format("{}/{}", PGCONTRACT_SOURCE_DIR, file);
  if (std::getenv("PGC_ACCEPT") != nullptr) write_text_file(path, actual);
  const std::string expected = read_text_file(path);
  EXPECT_TRUE(expected == actual) << file << " differs:\n"
                                  << first_differences(expected, actual)
                                  << "to accept: PGC_ACCEPT=1 ctest -R unit/report, then review the diff";
}

}  // namespace pgcontract::report
