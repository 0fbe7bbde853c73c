#include "cli/parse.hpp"

#include <gtest/gtest.h>

#include "unit/cli/fake_commands.hpp"

namespace pgcontract::cli {
namespace {

using Words = std::vector<std::string>;

Invocation parsed(const Words& words) {
  auto result = parse(fake_commands(), words);
  EXPECT_TRUE(result) << (result ? "" : result.error().describe());
  return result ? *std::move(result) : Invocation{};
}

// "message / hint" of a line that must be refused with a usage error.
std::string refused(const Words& words) {
  const auto result = parse(fake_commands(), words);
  if (result) return "accepted";
  EXPECT_EQ(result.error().code, ErrorCode::Usage);
  return result.error().hint.empty() ? result.error().message : result.error().message + " / " + result.error().hint;
}

TEST(Parse, finds_a_command_of_one_word_and_its_defaults) {
  const auto line = parsed({"verify"});
  EXPECT_EQ(line.action, Action::Run);
  ASSERT_TRUE(line.command);
  EXPECT_EQ(line.command->words, "verify");
  EXPECT_EQ(line.arguments.contract_file, "contract.yaml");
  EXPECT_FALSE(line.arguments.contract_given);
  EXPECT_EQ(line.arguments.environment, "");
  EXPECT_EQ(line.arguments.format, Format::Text);
  EXPECT_FALSE(line.arguments.yes);
  EXPECT_TRUE(line.arguments.options.empty());
}

TEST(Parse, takes_global_options_before_between_and_behind_the_words) {
  const auto line = parsed({"--env", "ci", "tenant", "-f", "json", "list", "--contract=ops/c.yaml", "-qy"});
  ASSERT_TRUE(line.command);
  EXPECT_EQ(line.command->words, "tenant list");
  EXPECT_EQ(line.arguments.environment, "ci");
  EXPECT_EQ(line.arguments.format, Format::Json);
  EXPECT_EQ(line.arguments.contract_file, "ops/c.yaml");
  EXPECT_TRUE(line.arguments.contract_given);
  EXPECT_TRUE(line.arguments.quiet);
  EXPECT_TRUE(line.arguments.yes);
  EXPECT_FALSE(line.arguments.verbose);
}

TEST(Parse, takes_values_with_and_without_the_equals_sign) {
  EXPECT_EQ(parsed({"tenant", "add", "1", "--display-name", "a b"}).arguments.get("--display-name"), "a b");
  EXPECT_EQ(parsed({"tenant", "add", "--display-name=a=b", "1"}).arguments.get("--display-name"), "a=b");
  EXPECT_EQ(parsed({"apply", "--lock-timeout", "-1"}).arguments.get("--lock-timeout"), "-1");
}

TEST(Parse, tells_a_flag_that_is_there_from_one_that_is_not) {
  EXPECT_TRUE(parsed({"apply", "--dry-run"}).arguments.has("--dry-run"));
  EXPECT_EQ(parsed({"apply", "--dry-run"}).arguments.get("--dry-run", "x"), "");
  EXPECT_FALSE(parsed({"apply"}).arguments.has("--dry-run"));
}

TEST(Parse, joins_the_values_of_a_repeated_option) {
  EXPECT_EQ(parsed({"verify", "--clause", "a.b", "--clause=c.d"}).arguments.get("--clause"), "a.b,c.d");
}

TEST(Parse, keeps_everything_behind_two_dashes_as_it_is) {
  const auto line = parsed({"psql", "--tenant", "t", "--", "-c", "--help", "[a,b]", "--", "verify", "--env="});
  EXPECT_EQ(line.arguments.get("--tenant"), "t");
  EXPECT_EQ(line.arguments.positionals, (Words{"-c", "--help", "[a,b]", "--", "verify", "--env="}));
}

TEST(Parse, does_not_split_or_expand_arguments) {
  EXPECT_EQ(parsed({"psql", "[a,b]", "{c}", "", "-"}).arguments.positionals, (Words{"[a,b]", "{c}", "", "-"}));
}

TEST(Parse, takes_a_command_word_as_an_argument_behind_a_command) {
  EXPECT_EQ(parsed({"explain", "status"}).arguments.positionals, Words{"status"});
  EXPECT_EQ(parsed({"tenant", "add", "list"}).arguments.positionals, Words{"list"});
}

TEST(Parse, help_and_version_need_nothing_else_to_be_right) {
  EXPECT_EQ(parsed({"--version"}).action, Action::Version);
  EXPECT_EQ(parsed({"tenant", "add", "--version"}).action, Action::Version);
  const auto help = parsed({"tenant", "add", "--bogus", "-h"});
  EXPECT_EQ(help.action, Action::Help);
  ASSERT_TRUE(help.command);
  EXPECT_EQ(help.command->words, "tenant add");
  EXPECT_FALSE(help.incomplete);
}

TEST(Parse, help_takes_a_command_a_group_or_nothing) {
  EXPECT_EQ(parsed({"help", "tenant", "add"}).command->words, "tenant add");
  EXPECT_EQ(parsed({"help", "tenant"}).topic, "tenant");
  EXPECT_EQ(parsed({"tenant", "--help"}).topic, "tenant");
  EXPECT_FALSE(parsed({"--help"}).incomplete);
  EXPECT_FALSE(parsed({"help"}).command);
  EXPECT_EQ(parsed({"help", "--man", "verify"}).action, Action::ManPage);
  EXPECT_EQ(parsed({"help", "--list"}).action, Action::ListCommands);
  EXPECT_EQ(refused({"help", "tenant", "ad"}), "unknown command tenant ad / Did you mean pgcontract tenant add?");
  EXPECT_EQ(refused({"help", "verify", "now"}), "verify has no verbs / Run pgcontract help verify.");
  EXPECT_EQ(refused({"help", "--man", "tenant"}),
            "tenant has no manual page of its own / Run pgcontract help tenant for its commands.");
}

TEST(Parse, a_line_without_a_command_is_incomplete) {
  EXPECT_TRUE(parsed({}).incomplete);
  EXPECT_TRUE(parsed({"--quiet"}).incomplete);
  const auto group = parsed({"tenant"});
  EXPECT_TRUE(group.incomplete);
  EXPECT_EQ(group.topic, "tenant");
}

TEST(Parse, completion_knows_its_shells) {
  EXPECT_EQ(parsed({"completion", "bash"}).topic, "bash");
  EXPECT_EQ(refused({"completion", "bas"}), "completion does not know \"bas\" / Did you mean bash?");
  EXPECT_EQ(refused({"completion"}), "completion needs bash|zsh / Usage: pgcontract completion bash|zsh");
}

TEST(Parse, unknown_words_are_refused_with_the_nearest) {
  EXPECT_EQ(refused({"verfy"}), "unknown command verfy / Did you mean pgcontract verify?");
  EXPECT_EQ(refused({"tenant", "ad", "x"}), "unknown command tenant ad / Did you mean pgcontract tenant add?");
  EXPECT_EQ(refused({"ver"}), "unknown command ver / Did you mean pgcontract verify?");
  EXPECT_EQ(refused({"x"}), "unknown command x / Run pgcontract --help for the list of commands.");
  EXPECT_EQ(refused({"list"}), "unknown command list / Did you mean pgcontract tenant list?");
  EXPECT_EQ(refused({"frobnicate"}), "unknown command frobnicate / Run pgcontract --help for the list of commands.");
  EXPECT_EQ(refused({"frobnicate", "verify"}),
            "unknown command frobnicate / Run pgcontract --help for the list of commands.");
  EXPECT_EQ(refused({"tenant", "frobnicate"}),
            "unknown command tenant frobnicate / Run pgcontract help tenant for what it knows.");
  EXPECT_EQ(refused({"frobnicate", "--help"}),
            "unknown command frobnicate / Run pgcontract --help for the list of commands.");
  EXPECT_EQ(refused({""}), "unknown command \"\" / Run pgcontract --help for the list of commands.");
}

TEST(Parse, unknown_options_are_refused_with_the_nearest) {
  EXPECT_EQ(refused({"verify", "--clasue", "x"}), "unknown option --clasue / Did you mean --clause?");
  EXPECT_EQ(refused({"apply", "--dryrun=yes"}), "unknown option --dryrun / Did you mean --dry-run?");
  EXPECT_EQ(refused({"--zzzzzzzz"}), "unknown option --zzzzzzzz / Run pgcontract --help for the options.");
  EXPECT_EQ(refused({"verify", "-x"}), "unknown option -x / Run pgcontract help verify for its options.");
  EXPECT_EQ(refused({"psql", "-c", "x"}),
            "unknown option -c / Run pgcontract help psql for its options. What is meant for ARGUMENT goes behind --.");
  EXPECT_EQ(refused({"--dry-run", "apply"}),
            "option --dry-run stands before the command it belongs to / Write pgcontract apply --dry-run.");
}

TEST(Parse, one_dash_before_a_long_name_is_not_read_as_letters) {
  EXPECT_EQ(refused({"apply", "-yes"}), "unknown option -yes / Did you mean --yes?");
  EXPECT_EQ(refused({"verify", "-format=json"}), "unknown option -format / Did you mean --format?");
}

TEST(Parse, values_that_are_missing_or_wrong_are_refused) {
  EXPECT_EQ(refused({"verify", "--env"}), "option --env needs a value");
  EXPECT_EQ(refused({"verify", "-e"}), "option -e needs a value");
  EXPECT_EQ(refused({"verify", "--env=", "ci"}), "option --env needs a value behind its =");
  EXPECT_EQ(refused({"apply", "--env", "--yes"}), "option --env needs a value, not the option --yes");
  EXPECT_EQ(refused({"apply", "--env", "-y"}), "option --env needs a value, not the option -y");
  EXPECT_EQ(refused({"apply", "--env", ""}), "option --env needs a value");
  EXPECT_EQ(refused({"verify", "-f", "jsn"}), "option --format does not know \"jsn\" / Did you mean json?");
  EXPECT_EQ(refused({"apply", "--only", "x"}), "option --only does not know \"x\" / It takes roles, migrations.");
  EXPECT_EQ(refused({"apply", "--yes=no"}), "option --yes takes no value");
  EXPECT_EQ(refused({"apply", "--dry-run=false"}), "option --dry-run takes no value");
  EXPECT_EQ(refused({"--env", "a", "apply", "--env", "b"}), "option --env is given more than once");
  EXPECT_EQ(refused({"apply", "-q", "-v"}), "options --quiet and --verbose contradict each other");
}

TEST(Parse, arguments_that_are_missing_or_too_many_are_refused) {
  EXPECT_EQ(refused({"tenant", "add"}), "tenant add needs ID / Usage: pgcontract tenant add ID [--display-name NAME]");
  EXPECT_EQ(refused({"verify", "schema.owner"}),
            "unexpected argument \"schema.owner\" / Usage: pgcontract verify [--clause ID]...");
  EXPECT_EQ(refused({"explain", "a", "b"}), "unexpected argument \"b\" / Usage: pgcontract explain [CLAUSE] [--list]");
  EXPECT_EQ(refused({"--", "verify"}), "-- stands before a command / Write the command before it.");
}

}  // namespace
}  // namespace pgcontract::cli
