#include "attack/corpus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <stdexcept>

#include "base/embedded.hpp"

namespace pgcontract::attack {

std::span<const EmbeddedText> embedded_texts();
std::string_view embedded_texts_sha256();

namespace {

constexpr std::string_view kSuffix = ".attack";
constexpr std::string_view kFolder = "corpus/";

struct Named {
  std::string_view name;
  Who who;
};
constexpr Named kWho[] = {{"setup", Who::Setup},
                          {"observe", Who::Observe},
                          {"undo", Who::Undo},
                          {"A", Who::TenantA},
                          {"B", Who::TenantB},
                          {"A login", Who::LoginA},
                          {"B login", Who::LoginB},
                          {"pool login", Who::PoolLogin},
                          {"migrator", Who::Migrator},
                          {"pooled A", Who::PooledA},
                          {"release", Who::Release},
                          {"pooled B", Who::PooledB},
                          {"pooled B unchecked", Who::PooledBUnchecked}};
constexpr std::string_view kKinds[] = {"identity",     "rows",  "escalation", "metadata",
                                       "availability", "state", "replication"};

struct Text {
  std::string_view key;
  std::string Attack::* value;
};
constexpr Text kTexts[] = {{"title", &Attack::title},     {"kind", &Attack::kind},
                           {"clause", &Attack::clause},   {"rule", &Attack::rule},
                           {"because", &Attack::because}, {"limited by", &Attack::limited_by},
                           {"naive", &Attack::naive},     {"success", &Attack::success}};

bool cut_end(std::string_view& text, std::string_view end) {
  if (!text.ends_with(end)) return false;
  text.remove_suffix(end.size());
  return true;
}

// "pool login with -c role={B}", "pool login in one message", "pool login again"
bool parse_who(std::string_view text, AttackStep& step) {
  constexpr std::string_view kWith = " with ";
  if (const auto at = text.find(kWith); at != std::string_view::npos) {
    step.options = text.substr(at + kWith.size());
    text = text.substr(0, at);
  }
  step.one_message = cut_end(text, " in one message");
  step.again = cut_end(text, " again");
  const auto* named = std::ranges::find(kWho, text, &Named::name);
  if (named == std::end(kWho)) return false;
  step.who = named->who;
  return true;
}

bool parse_residual(std::string_view text, Attack& attack) {
  constexpr std::string_view kBefore = "before ";
  if (text == "always") {
    attack.residual = Attack::Residual::Always;
  } else if (text == "in standard") {
    attack.residual = Attack::Residual::InStandard;
  } else if (text.starts_with(kBefore)) {
    attack.residual = Attack::Residual::Before;
    text.remove_prefix(kBefore.size());
    return std::from_chars(text.data(), text.data() + text.size(), attack.residual_before).ec == std::errc{};
  } else {
    return false;
  }
  return true;
}

bool parse_header(std::string_view line, Attack& attack) {
  const auto colon = line.find(": ");
  if (colon == std::string_view::npos) return false;
  const std::string_view key = line.substr(0, colon);
  const std::string_view value = line.substr(colon + 2);
  if (key == "residual") return parse_residual(value, attack);
  if (key == "as") return parse_who(value, attack.steps.emplace_back());
  const auto* text = std::ranges::find(kTexts, key, &Text::key);
  if (text == std::end(kTexts)) return false;
  attack.*text->value = value;
  return true;
}

std::string_view missing_in(const Attack& attack) {
  if (attack.title.empty()) return "a title";
  if (std::ranges::find(kKinds, attack.kind) == std::end(kKinds)) return "a kind of the list";
  if (attack.success.empty()) return "what shows success";
  const bool accepted = attack.residual != Attack::Residual::Never;
  if (accepted && (attack.because.empty() || attack.limited_by.empty())) return "why it is accepted and what limits it";
  if (!accepted && attack.clause.empty()) return "the clause that prevents it";
  const auto is_empty = [](const AttackStep& step) { return step.statements.empty(); };
  if (attack.steps.empty() || std::ranges::any_of(attack.steps, is_empty)) return "statements in each step";
  return {};
}

}  // namespace

bool Attack::accepted(int server_version_num, std::string_view profile) const {
  switch (residual) {
    case Residual::Never: return false;
    case Residual::Always: return true;
    case Residual::Before: return server_version_num < residual_before * 10000;
    case Residual::InStandard: return profile != "strict";
  }
  return false;
}

// A statement ends where a line ends with a semicolon; function bodies therefore stand on one line.
Result<Attack> parse_attack(std::string_view id, std::string_view text) {
  Attack attack;
  attack.id = id;
  std::string statement;
  int number = 0;
  const auto wrong = [&](std::string_view what) {
    return fail(ErrorCode::InvalidInput, std::string(what), {}, fmt::format("{}{}:{}", id, kSuffix, number));
  };
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    ++number;
    if (line.starts_with("-- ")) {
      if (!statement.empty()) return wrong("the statement before does not end");
      if (!parse_header(line.substr(3), attack)) return wrong("no line of an attack's head");
      continue;
    }
    if (line.empty()) continue;
    if (attack.steps.empty()) return wrong("nobody sends this statement");
    statement += (statement.empty() ? "" : "\n") + std::string(line);
    if (!statement.ends_with(';')) continue;
    statement.pop_back();
    attack.steps.back().statements.push_back(std::exchange(statement, {}));
  }
  if (!statement.empty()) return wrong("the last statement does not end");
  if (const auto missing = missing_in(attack); !missing.empty()) return wrong(fmt::format("{} is missing", missing));
  return attack;
}

const std::vector<Attack>& corpus() {
  static const std::vector<Attack> all = [] {
    std::vector<Attack> attacks;
    for (const auto& [path, text] : embedded_texts()) {
      if (!path.starts_with(kFolder) || !path.ends_with(kSuffix)) continue;
      const auto id = path.substr(kFolder.size(), path.size() - kFolder.size() - kSuffix.size());
      auto attack = parse_attack(id, text);
      // The build made it part of the program: a test reads them all.
      if (!attack) throw std::logic_error(attack.error().describe());
      attacks.push_back(std::move(*attack));
    }
    return attacks;
  }();
  return all;
}

std::string_view corpus_sha256() { return embedded_texts_sha256(); }

std::string filled(std::string_view text, const Words& words) {
  std::string out;
  while (!text.empty()) {
    const auto open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    text.remove_prefix(open);
    const auto close = text.find('}');
    const auto word = close == std::string_view::npos ? words.end() : words.find(text.substr(1, close - 1));
    if (word == words.end()) {
      out += '{';
      text.remove_prefix(1);
    } else {
      out += word->second;
      text.remove_prefix(close + 1);
    }
  }
  return out;
}

}  // namespace pgcontract::attack
