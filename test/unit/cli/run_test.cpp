#include "cli/run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/version.hpp"
#include "cli/terminal.hpp"
#include "unit/cli/fake_commands.hpp"

namespace pgcontract::cli {
namespace {

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

class Stream {
 public:
  Stream() : file_(open_memstream(&text_, &size_)) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() {
    std::fclose(file_);
    std::free(text_);
  }
  std::FILE* file() { return file_; }
  std::string text() {
    std::fflush(file_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_;
};

Ran ran(std::vector<std::string> arguments) {
  Stream out, err;
  const int code = run(fake_table(), std::move(arguments), {out.file(), {}}, {err.file(), {}});
  return {code, out.text(), err.text()};
}

TEST(Run, prints_the_report_and_nothing_else) {
  const auto done = ran({"apply", "--only", "roles", "-e", "ci"});
  EXPECT_EQ(done.code, 0);
  EXPECT_NE(done.out.find("environment ci"), std::string::npos);
  EXPECT_NE(done.out.find("--only=roles"), std::string::npos);
  EXPECT_EQ(done.err, "");
}

TEST(Run, broken_clauses_end_with_1) {
  const auto done = ran({"verify"});
  EXPECT_EQ(done.code, 1);
  EXPECT_NE(done.out.find("is owned by mallory"), std::string::npos);
}

TEST(Run, an_error_goes_to_stderr_as_text) {
  const auto failed = ran({"status"});
  EXPECT_EQ(failed.code, 4);
  EXPECT_EQ(failed.out, "");
  EXPECT_EQ(failed.err, "pgcontract: error: no server answers at db:5432\n  hint: Start it.\n");
}

TEST(Run, an_error_is_a_report_on_stdout_as_well_where_a_program_reads) {
  const auto failed = ran({"status", "--format", "json", "--env", "ci"});
  EXPECT_EQ(failed.code, 4);
  EXPECT_NE(failed.err.find("no server answers"), std::string::npos);
  const auto report = nlohmann::json::parse(failed.out);
  EXPECT_EQ(report["command"], "status");
  EXPECT_EQ(report["error"]["code"], "unreachable");
  EXPECT_EQ(report["scene"]["environment"], "ci");
}

TEST(Run, a_malformed_line_is_a_json_report_too) {
  for (const auto& format : std::vector<std::vector<std::string>>{{"-f", "json"}, {"-fjson"}, {"--format=json"}}) {
    auto line = format;
    line.insert(line.begin(), "verfy");
    const auto failed = ran(line);
    EXPECT_EQ(failed.code, 2);
    EXPECT_EQ(nlohmann::json::parse(failed.out)["error"]["code"], "usage");
  }
}

TEST(Run, a_slip_costs_two_lines_not_a_wall) {
  const auto failed = ran({"verfy"});
  EXPECT_EQ(failed.code, 2);
  EXPECT_EQ(failed.out, "");
  EXPECT_EQ(failed.err, "pgcontract: error: unknown command verfy\n  hint: Did you mean pgcontract verify?\n");
}

TEST(Run, help_that_was_asked_for_succeeds_and_help_in_place_of_a_command_does_not) {
  const auto asked = ran({"--help"});
  EXPECT_EQ(asked.code, 0);
  EXPECT_NE(asked.out.find("tenant"), std::string::npos);
  EXPECT_EQ(asked.err, "");
  for (const auto& line : std::vector<std::vector<std::string>>{{}, {"tenant"}}) {
    const auto incomplete = ran(line);
    EXPECT_EQ(incomplete.code, 2);
    EXPECT_EQ(incomplete.out, "");
    EXPECT_NE(incomplete.err.find("tenant"), std::string::npos);
  }
}

TEST(Run, version_is_the_build_files) {
  EXPECT_EQ(ran({"--version"}).out, fmt::format("pgcontract {}\n", kVersion));
  std::stringstream build;
  build << std::ifstream(std::string(PGCONTRACT_SOURCE_DIR) + "/CMakeLists.txt").rdbuf();
  EXPECT_NE(build.str().find(fmt::format("project(pgcontract VERSION {} ", kVersion)), std::string::npos);
}

TEST(Run, a_full_disk_is_an_error) {
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_TRUE(full);
  Stream err;
  EXPECT_EQ(run(fake_table(), {"apply"}, {full, {}}, {err.file(), {}}), 4);
  EXPECT_NE(err.text().find("no space left on device"), std::string::npos);
  std::fclose(full);
}

TEST(Run, a_closed_pipe_is_an_error_and_not_a_signal) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  const auto before = std::signal(SIGPIPE, SIG_IGN);  // as interrupt::install() does
  std::FILE* closed = fdopen(ends[1], "w");
  Stream err;
  EXPECT_EQ(run(fake_table(), {"--help"}, {closed, {}}, {err.file(), {}}), 4);
  EXPECT_EQ(err.text(), "") << "the reader went away: nobody is left to tell";
  std::fclose(closed);
  std::signal(SIGPIPE, before);
}

TEST(Run, both_streams_full_still_gives_an_exit_code) {
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_TRUE(full);
  EXPECT_EQ(run(fake_table(), {"status"}, {full, {}}, {full, {}}), 4);
  EXPECT_EQ(run(fake_table(), {"verfy"}, {full, {}}, {full, {}}), 2);
  std::fclose(full);
}

TEST(Run, quiet_and_verbose_reach_the_report) {
  const auto loud = ran({"apply", "-v"});
  const auto quiet = ran({"apply", "-q"});
  EXPECT_LT(quiet.out.size(), loud.out.size());
}

TEST(Run, an_exception_is_a_bug_without_its_text) {
  testing::internal::CaptureStderr();
  int code = 0;
  try {
    ran({"reset"});
  } catch (...) {
    code = report_bug(std::current_exception());
  }
  const auto text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(code, 70);
  EXPECT_NE(text.find("std::runtime_error"), std::string::npos);
  EXPECT_EQ(text.find("hunter2"), std::string::npos);
}

TEST(Style, colour_needs_a_terminal_that_wants_it) {
  Surroundings seen{.terminal = true,
                    .columns = 120,
                    .columns_variable = "",
                    .no_color = "",
                    .term = "xterm",
                    .locale = "en_US.UTF-8"};
  EXPECT_TRUE(decide_style(seen).colour);
  EXPECT_TRUE(decide_style(seen).unicode);
  EXPECT_EQ(decide_style(seen).width, 120);
  seen.no_color = "1";
  EXPECT_FALSE(decide_style(seen).colour);
  seen.no_color = "";
  seen.term = "dumb";
  EXPECT_FALSE(decide_style(seen).colour);
  seen.term = "xterm";
  seen.terminal = false;
  EXPECT_FALSE(decide_style(seen).colour);
}

TEST(Style, width_is_the_variables_then_the_terminals_within_reason) {
  Surroundings seen;
  EXPECT_EQ(decide_style(seen).width, 100);
  EXPECT_FALSE(decide_style(seen).unicode);
  seen.columns = 90;
  EXPECT_EQ(decide_style(seen).width, 90);
  seen.columns_variable = "70";
  EXPECT_EQ(decide_style(seen).width, 70);
  seen.columns_variable = "wide";
  EXPECT_EQ(decide_style(seen).width, 90);
  seen.columns_variable = "-3";
  EXPECT_EQ(decide_style(seen).width, 100);
  seen.columns_variable = "1";
  EXPECT_EQ(decide_style(seen).width, 40);
  seen.columns_variable = "99999999999999999999";
  EXPECT_EQ(decide_style(seen).width, 90);
  seen.locale = "C.utf8";
  EXPECT_TRUE(decide_style(seen).unicode);
}

}  // namespace
}  // namespace pgcontract::cli
