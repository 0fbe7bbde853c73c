#include "cli/man_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/version.hpp"
#include "cli/exit_code.hpp"
#include "cli/help.hpp"
#include "cli/markdown.hpp"
#include "cli/vocabulary.hpp"
#include "report/display.hpp"

namespace pgcontract::cli {
namespace {

using command::Command;

// Text that roff prints as it is: no escapes, no requests, and nothing outside ASCII, which groff reads as Latin-1.
// `literal` keeps hyphens as the minus that can be copied into a shell.
std::string escaped(std::string_view text, bool literal) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto character = report::character_at(text, at);
    const char byte = text[at];
    at += character.length;
    if (!character.valid) continue;
    if (character.code >= 0x80)
      out += fmt::format("\\[u{:04X}]", static_cast<std::uint32_t>(character.code));
    else if (byte == '\\')
      out += "\\e";
    else if (byte == '-' && literal)
      out += "\\-";
    else if (byte == '\'' && literal)
      out += "\\(aq";
    else
      out += byte;
  }
  // A line that begins with a dot or a quote would be a request.
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

std::string spans(std::string_view text) {
  std::string out;
  for (const auto& span : parse_spans(text)) {
    const bool plain = span.kind == Span::Kind::Plain;
    const auto shown = escaped(span.text, span.kind == Span::Kind::Code);
    out += plain ? shown : fmt::format("\\fB{}\\fR", shown);
  }
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out + "\n";
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (auto& letter : out)
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  return out;
}

std::string page_name(std::string_view words) {
  std::string name = fmt::format("pgcontract-{}", words);
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string head(std::string_view name) {
  return fmt::format(".TH {} 1 \"\" \"pgcontract {}\" \"pgcontract manual\"\n.nh\n.ad l\n", escaped(upper(name), true),
                     kVersion);
}

std::string section(std::string_view title) { return fmt::format(".SH {}\n", escaped(upper(title), false)); }

std::string code(std::string_view text) {
  std::string out = ".PP\n.RS 4\n.nf\n";
  for (const auto& line : report::visible_lines(text)) out += escaped(line, true) + "\n";
  return out + ".fi\n.RE\n";
}

std::string terms(const std::vector<OptionLine>& lines) {
  std::string out;
  for (const auto& line : lines) {
    const auto spelling = line.spelling.substr(line.spelling.find_first_not_of(' '));
    out += fmt::format(".TP\n\\fB{}\\fR\n{}", escaped(spelling, true), spans(line.description));
  }
  return out;
}

std::string body(std::span<const Block> blocks) {
  std::string out;
  for (const auto& block : blocks) {
    switch (block.kind) {
      case Block::Kind::Title: break;  // in the NAME section
      case Block::Kind::Heading: out += section(block.text); break;
      case Block::Kind::Paragraph: out += ".PP\n" + spans(block.text); break;
      case Block::Kind::Bullet: out += ".IP \\[u2022] 2\n" + spans(block.text); break;
      case Block::Kind::Code: out += code(block.text); break;
    }
  }
  return out;
}

}  // namespace

std::string man_page(const Command& command, std::string_view page) {
  const auto blocks = parse_page(page);
  const auto is_heading = [](const Block& block) { return block.kind == Block::Kind::Heading; };
  auto rest = std::ranges::find_if(blocks, is_heading);
  if (rest != blocks.end() && rest->text == "Description") rest = std::find_if(rest + 1, blocks.end(), is_heading);
  const auto name = page_name(command.words);
  std::string out = head(name);
  out += section("Name") + fmt::format("{} \\- {}\n", escaped(name, true), escaped(command.summary, false));
  out += section("Synopsis") + fmt::format("\\fB{}\\fR\n", escaped(synopsis(command), true));
  out += body({blocks.begin(), rest});
  if (!command.positionals.empty()) out += section("Arguments") + terms(argument_lines(command));
  if (!command.options.empty()) out += section("Options") + terms(option_lines(command));
  if (command.words != "help") out += ".PP\nThe options that every command takes are in \\fBpgcontract\\fR(1).\n";
  return out + body({rest, blocks.end()});
}

std::string man_overview(std::span<const Command> commands) {
  std::string out = head("pgcontract");
  out += section("Name") + "pgcontract \\- makes a team's PostgreSQL contract executable\n";
  out += section("Synopsis") + "\\fBpgcontract\\fR [OPTION...] COMMAND [ARGUMENT...]\n";
  out += section("Description") +
         "A team writes contract.yaml: schemas, conventions, migrations, tenants, backups. pgcontract observes the "
         "cluster, compares it with the contract, plans what is missing, applies the plan and reports.\n";
  for (const auto& group : grouped(commands)) {
    out += section(group.title);
    for (const auto* command : group.commands)
      out += fmt::format(".TP\n\\fB{}\\fR(1)\n{}", escaped(page_name(command->words), true), spans(command->summary));
  }
  out += section("Options") + terms(global_option_lines());
  out += section("Exit status");
  const std::pair<int, std::string_view> kCodes[] = {
      {kDone, "the contract holds, or the work is done"},
      {kFindings, "there are findings: a clause is broken, or the plan is not empty"},
      {kUsage, "the command line is wrong"},
      {kSomeFailed, "some steps are done, others failed"},
      {kFailed, "all steps failed, or the command itself did"},
      {kBug, "a bug in pgcontract"},
  };
  for (const auto& [number, meaning] : kCodes) out += fmt::format(".TP\n{}\n{}\n", number, meaning);
  return out;
}

}  // namespace pgcontract::cli
