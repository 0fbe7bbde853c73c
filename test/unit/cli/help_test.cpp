#include "cli/help.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/process.hpp"
#include "cli/man_page.hpp"
#include "cli/markdown.hpp"
#include "report/display.hpp"
#include "unit/cli/fake_commands.hpp"

namespace pgcontract::cli {
namespace {

constexpr std::string_view kPage =
    "# tenant add — onboard a tenant\n\n## Description\n\nCreates a **schema** and\na `role`.\n\n- one\n- two and\n  "
    "more\n\n"
    "## Examples\n\n```\npgcontract tenant add 1\n\n.hidden 'x' \\n\n```\n";

const command::Command& tenant_add() { return *find_command(fake_commands(), "tenant add"); }

int longest_line(const std::string& text) {
  int longest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, report::columns_of(line));
  return longest;
}

// The lines that groff warns of, or what it could not be asked.
std::string complaints(const std::string& roff) {
  const auto file = std::filesystem::temp_directory_path() / ("pgcontract_man_" + std::to_string(getpid()));
  std::ofstream(file) << roff;
  const auto result = run_process({.arguments = {"groff", "-man", "-Tutf8", "-ww", file.string()},
                                   .environment = {},
                                   .environment_removed = {},
                                   .directory = {},
                                   .user = {},
                                   .secret = {},
                                   .secret_variable = {},
                                   .start_file = {},
                                   .start_file_variable = {},
                                   .deadline_ms = 10'000,
                                   .on_line = {}});
  std::filesystem::remove(file);
  if (!result) return result.error().describe();
  return result->exit_code == 0 ? result->error_output : "exit " + std::to_string(result->exit_code);
}

TEST(Markdown, knows_the_blocks_of_a_page) {
  const auto blocks = parse_page(kPage);
  ASSERT_EQ(blocks.size(), 7u);
  EXPECT_EQ(blocks[0].kind, Block::Kind::Title);
  EXPECT_EQ(blocks[0].text, "tenant add — onboard a tenant");
  EXPECT_EQ(blocks[1].text, "Description");
  EXPECT_EQ(blocks[2].text, "Creates a **schema** and a `role`.");
  EXPECT_EQ(blocks[3].kind, Block::Kind::Bullet);
  EXPECT_EQ(blocks[4].text, "two and more");
  EXPECT_EQ(blocks[6].kind, Block::Kind::Code);
  EXPECT_EQ(blocks[6].text, "pgcontract tenant add 1\n\n.hidden 'x' \\n\n");
}

TEST(Markdown, a_lone_mark_stands_for_itself) {
  const auto spans = parse_spans("2 ** 3 and `code` and ` too");
  ASSERT_EQ(spans.size(), 3u);
  EXPECT_EQ(spans[1].kind, Span::Kind::Code);
  EXPECT_EQ(spans[0].text, "2 ** 3 and ");
  EXPECT_EQ(spans[2].text, " and ` too");
}

TEST(Help, shows_the_page_with_what_can_be_typed) {
  const auto text = help_of_command(tenant_add(), kPage, {});
  EXPECT_TRUE(
      text.starts_with("tenant add — onboard a tenant\n\nUsage: pgcontract tenant add ID [--display-name NAME]\n"))
      << text;
  EXPECT_NE(text.find("\nArguments\n  ID  a UUID\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\nOptions\n  --display-name NAME  a name for people\n"), std::string::npos) << text;
  EXPECT_LT(text.find("\nOptions\n"), text.find("\nExamples\n"));
  EXPECT_NE(text.find("\n    .hidden 'x' \\n\n"), std::string::npos) << text;
}

TEST(Help, a_command_without_its_page_still_shows_the_table) {
  const auto text = help_of_command(tenant_add(), "", {});
  EXPECT_TRUE(text.starts_with("tenant add — onboard a tenant\n")) << text;
  EXPECT_NE(text.find("--display-name NAME"), std::string::npos);
}

TEST(Help, keeps_to_the_width_and_to_the_terminal) {
  report::Style narrow{.colour = false, .unicode = false, .width = 40};
  const auto text = help_of_group(fake_commands(), "tenant", narrow) + help_overview(fake_commands(), narrow);
  EXPECT_LE(longest_line(help_overview(fake_commands(), {.width = 80})), 80);
  EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != '\x1b'; }));
  EXPECT_NE(help_of_command(tenant_add(), kPage, {.colour = true}).find("\x1b[1mschema\x1b[0m"), std::string::npos);
}

TEST(Help, the_overview_is_one_screen_and_complete) {
  const auto text = help_overview(fake_commands(), {});
  EXPECT_LE(std::ranges::count(text, '\n'), 50);
  for (const auto& command : fake_commands())
    EXPECT_NE(text.find(command.words.substr(command.words.rfind(' ') + 1)), std::string::npos) << command.words;
}

TEST(Help, a_command_under_no_heading_is_not_lost) {
  auto table = fake_table();
  table.push_back({"rotate now",
                   "rotate what is due",
                   "rotate_now.md",
                   command::Needs::Contract,
                   command::Effect::Changes,
                   {},
                   {},
                   echo});
  const auto groups = grouped(table);
  EXPECT_EQ(groups.back().title, "More");
  EXPECT_EQ(groups.back().commands.front()->words, "rotate now");
}

TEST(ManPage, escapes_what_roff_would_obey) {
  const auto roff = man_page(tenant_add(), kPage);
  EXPECT_NE(roff.find("\n\\&.hidden \\(aqx\\(aq \\en\n"), std::string::npos) << roff;
  EXPECT_NE(roff.find("\\-\\-display\\-name NAME"), std::string::npos) << roff;
  EXPECT_TRUE(std::ranges::all_of(roff, [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
}

TEST(ManPage, groff_accepts_it_without_a_warning) {
  if (find_program("groff").empty()) GTEST_SKIP() << "groff is not installed";
  EXPECT_EQ(complaints(man_page(tenant_add(), kPage)), "");
  EXPECT_EQ(complaints(man_overview(fake_commands())), "");
  EXPECT_NE(complaints(".nonsense\n"), "") << "the check must be able to fail";
}

TEST(Table, every_command_has_its_page_a_heading_and_a_line_of_help) {
  const auto commands = with_own_commands(command::commands());
  ASSERT_GT(commands.size(), 2u);
  for (const auto& command : commands) {
    SCOPED_TRACE(command.words);
    const auto blocks = parse_page(find_embedded(command::embedded_texts(), command.page));
    ASSERT_FALSE(blocks.empty()) << "no page " << command.page;
    EXPECT_TRUE(blocks[0].text.starts_with(std::string(command.words) + " — ")) << blocks[0].text;
    EXPECT_FALSE(command.summary.empty());
    EXPECT_FALSE(command.summary.ends_with('.'));
    for (const auto& option : command.options) EXPECT_FALSE(option.description.empty()) << option.name;
    for (const auto& positional : command.positionals) EXPECT_FALSE(positional.description.empty()) << positional.name;
  }
  EXPECT_NE(grouped(commands).back().title, "More") << "the overview has no heading for a command";
  EXPECT_LE(std::ranges::count(help_overview(commands, {.width = 80}), '\n'), 66);
}

// backup_wal_push.md is the page of backup wal-push: a noun, and a verb that may have a hyphen.
std::string words_of_page(std::string stem) {
  std::ranges::replace(stem, '_', '-');
  if (const auto noun = stem.find('-'); noun != stem.npos) stem[noun] = ' ';
  return stem;
}

// Every page that ships, against the rules of the house.
class Pages : public testing::TestWithParam<EmbeddedText> {};

TEST_P(Pages, keeps_to_the_style) {
  const auto blocks = parse_page(GetParam().text);
  ASSERT_FALSE(blocks.empty());
  EXPECT_EQ(blocks[0].kind, Block::Kind::Title);
  std::string words(GetParam().path.substr(0, GetParam().path.rfind('.')));
  words = words_of_page(words);
  EXPECT_TRUE(blocks[0].text.starts_with(words + " — ")) << blocks[0].text;
  std::vector<std::string> headings;
  for (const auto& block : blocks) {
    if (block.kind == Block::Kind::Heading) headings.push_back(block.text);
    // What the small reader does not know would be printed as it is.
    const bool prose = block.kind == Block::Kind::Paragraph || block.kind == Block::Kind::Bullet;
    if (!prose) continue;
    for (const std::string_view foreign : {"](", "| ", "* ", "> ", "1. ", "#"})
      EXPECT_FALSE(block.text.starts_with(foreign)) << block.text;
    EXPECT_EQ(block.text.find("]("), std::string::npos) << block.text;
    EXPECT_EQ(std::ranges::count(block.text, '`') % 2, 0) << block.text;
  }
  ASSERT_GE(headings.size(), 3u);
  EXPECT_EQ(headings.front(), "Description");
  EXPECT_EQ(headings.back(), "See also");
  EXPECT_NE(std::ranges::find(headings, "Examples"), headings.end());
}

TEST_P(Pages, names_only_pages_that_exist) {
  std::set<std::string> known;
  for (const auto& page : command::embedded_texts()) {
    std::string words(page.path.substr(0, page.path.rfind('.')));
    known.insert(words_of_page(words));
  }
  constexpr std::string_view kReference = "`pgcontract help ";
  const auto text = GetParam().text;
  for (auto at = text.find(kReference); at != text.npos; at = text.find(kReference, at + 1)) {
    const auto start = at + kReference.size();
    const std::string words(text.substr(start, text.find('`', start) - start));
    EXPECT_TRUE(known.contains(words)) << words;
  }
}

TEST_P(Pages, is_a_manual_page_that_groff_accepts) {
  if (find_program("groff").empty()) GTEST_SKIP() << "groff is not installed";
  command::Command command = tenant_add();
  EXPECT_EQ(complaints(man_page(command, GetParam().text)), "");
}

INSTANTIATE_TEST_SUITE_P(All, Pages,
                         testing::ValuesIn(command::embedded_texts().begin(), command::embedded_texts().end()),
                         [](const auto& each) {
                           return std::string(each.param.path.substr(0, each.param.path.rfind('.')));
                         });

}  // namespace
}  // namespace pgcontract::cli
