#include "cli/completion.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/process.hpp"
#include "unit/cli/fake_commands.hpp"

namespace pgcontract::cli {
namespace {

ProcessRequest command_line(std::vector<std::string> arguments, std::string directory) {
  ProcessRequest request;
  request.arguments = std::move(arguments);
  request.directory = std::move(directory);
  request.deadline_ms = 20'000;
  return request;
}

// A directory with the script and a stand-in for pgcontract that answers what the script asks.
class Completion : public testing::Test {
 protected:
  void SetUp() override {
    if (find_program("bash").empty()) GTEST_SKIP() << "bash is not installed";
    directory_ = std::filesystem::temp_directory_path() / fmt::format("pgcontract_completion_{}", getpid());
    std::filesystem::create_directories(directory_);
    std::ofstream(directory_ / "script.bash") << completion_script("bash", fake_commands());
    std::ofstream(directory_ / "my contract.yaml") << "contract: 1\n";
    std::ofstream(directory_ / "contract.yaml") << "contract: 1\nname: x\nenvironments:   # DSNs are elsewhere\n"
                                                   "  local:      { dsn: embedded }\n  # staging-old: {}\n"
                                                   "  staging:\n    dsn_from: env:STAGING\n\n"
                                                   "  production: { managed: true }\nschemas:\n"
                                                   "  application: { name: a }\n";
    std::ofstream(directory_ / "x.yaml") << "environments:\n  other: {}\n";
    std::ofstream(directory_ / "pgcontract")
        << "#!/bin/sh\n"
           "[ \"$*\" = 'explain --list' ] || exit 1\n"
           "printf 'explain\\n\\n## schema\\n\\n- `schema.owner`  one owner\\n'\n"
           "printf 'tenancy.rls_forced  binds owners. As e.g. here\\n\\n66 clauses.\\n'\n";
    std::filesystem::permissions(directory_ / "pgcontract", std::filesystem::perms::owner_all);
  }
  void TearDown() override {
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }

  // What bash offers where the last of `words` is being typed, sorted, in one line.
  std::string offered(const std::vector<std::string>& words) {
    std::string script = "source ./script.bash; COMP_WORDS=(./pgcontract";
    for (const auto& word : words) script += fmt::format(" '{}'", word);
    script += fmt::format("); COMP_CWORD={}; _pgcontract; printf '%s\\n' \"${{COMPREPLY[@]}}\" | sort | paste -sd' '",
                          words.size());
    const auto result = run_process(command_line({"bash", "--norc", "-u", "-c", script}, directory_.string()));
    if (!result) return result.error().describe();
    EXPECT_EQ(result->error_output, "");
    auto text = result->output;
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }

  std::filesystem::path directory_;
};

TEST_F(Completion, offers_commands_and_verbs) {
  EXPECT_EQ(offered({"ver"}), "verify");
  EXPECT_EQ(offered({""}), "apply completion explain help init psql reset status tenant verify");
  EXPECT_EQ(offered({"tenant", ""}), "add list");
  EXPECT_EQ(offered({"tenant", "a"}), "add");
  EXPECT_EQ(offered({"verify", ""}), "") << "verify takes no arguments";
}

TEST_F(Completion, offers_the_options_of_the_command_and_of_all) {
  EXPECT_EQ(offered({"apply", "--d"}), "--dry-run");
  EXPECT_EQ(offered({"verify", "--c"}), "--clause --contract");
  EXPECT_EQ(offered({"--v"}), "--verbose --version");
  EXPECT_EQ(offered({"tenant", "add", "--disp"}), "--display-name");
}

TEST_F(Completion, offers_values_also_behind_an_equals_sign) {
  EXPECT_EQ(offered({"verify", "--format", "j"}), "json junit");
  EXPECT_EQ(offered({"verify", "-f", "s"}), "sarif");
  EXPECT_EQ(offered({"verify", "--format", "=", "m"}), "markdown");
  EXPECT_EQ(offered({"verify", "--format", "="}), "json junit markdown sarif text");
  EXPECT_EQ(offered({"apply", "--only", ""}), "migrations roles");
  EXPECT_EQ(offered({"completion", ""}), "bash zsh");
  EXPECT_EQ(offered({"apply", "--lock-timeout", ""}), "");
}

TEST_F(Completion, finds_the_command_behind_global_options) {
  EXPECT_EQ(offered({"--env", "tenant", "apply", "--d"}), "--dry-run");
  EXPECT_EQ(offered({"-f", "=", "json", "tenant", "--quiet", "l"}), "list");
}

TEST_F(Completion, finds_clauses_and_environments) {
  EXPECT_EQ(offered({"explain", ""}), "schema.owner tenancy.rls_forced");
  EXPECT_EQ(offered({"verify", "--clause", "ten"}), "tenancy.rls_forced");
  EXPECT_EQ(offered({"verify", "--env", ""}), "local production staging");
  EXPECT_EQ(offered({"verify", "-e", "st"}), "staging");
  EXPECT_EQ(offered({"--contract", "x.yaml", "verify", "-e", ""}), "other");
  EXPECT_EQ(offered({"--contract", "none.yaml", "verify", "-e", ""}), "");
}

TEST_F(Completion, offers_files_and_help_topics) {
  EXPECT_EQ(offered({"--contract", "my"}), "my contract.yaml");
  EXPECT_EQ(offered({"init", "--output", "scr"}), "script.bash");
  EXPECT_EQ(offered({"help", "ten"}), "tenant");
  EXPECT_EQ(offered({"help", "tenant", ""}), "add list");
}

TEST_F(Completion, offers_nothing_behind_two_dashes) { EXPECT_EQ(offered({"psql", "--", "-"}), ""); }

TEST(CompletionZsh, is_a_script_that_zsh_can_read) {
  const auto script = completion_script("zsh", fake_commands());
  EXPECT_TRUE(script.starts_with("#compdef pgcontract\n"));
  if (find_program("zsh").empty()) GTEST_SKIP() << "zsh is not installed";
  const auto file = std::filesystem::temp_directory_path() / fmt::format("pgcontract_zsh_{}", getpid());
  std::ofstream(file) << script;
  const auto result = run_process(command_line({"zsh", "-n", file.string()}, "/"));
  std::filesystem::remove(file);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error_output, "");
  EXPECT_EQ(result->exit_code, 0);
}

}  // namespace
}  // namespace pgcontract::cli
