#include "cli/completion.hpp"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "cli/vocabulary.hpp"

namespace pgcontract::cli {
namespace {

using command::Command;
using command::Option;

std::string quoted_for_shell(std::string_view text) {
  std::string out = "'";
  for (const char letter : text) out += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return out + "'";
}

// What a shell offers where `placeholder` stands: "words a b", "files", "clauses", "environments", or "any".
std::string kind_of(std::string_view placeholder) {
  if (const auto words = enumerated(placeholder); !words.empty()) return fmt::format("words {}", fmt::join(words, " "));
  if (placeholder == "FILE" || placeholder == "PATH" || placeholder == "DIRECTORY") return "files";
  if (placeholder == "CLAUSE") return "clauses";
  if (placeholder == "ENVIRONMENT") return "environments";
  return "any";
}

// One branch of a `case`: what is printed, a line each, where the words match.
std::string branch(std::string_view pattern, const std::vector<std::string>& lines) {
  std::string text = fmt::format("    {}) printf '%s\\n'", pattern);
  for (const auto& line : lines) text += " " + quoted_for_shell(line);
  return text + " ;;\n";
}

std::string function(std::string_view name, std::string_view comment, std::string_view branches) {
  return fmt::format("# {}\n_pgcontract_{}() {{\n  case \"${{1-}}\" in\n{}  esac\n}}\n", comment, name, branches);
}

std::string words_function(std::span<const Command> commands) {
  std::vector<std::string> first;
  std::vector<std::string> groups;
  std::set<std::string_view> seen;
  std::string branches;
  for (const auto& command : commands) {
    const auto noun = first_word(command);
    if (!seen.insert(noun).second) continue;
    if (!is_group(commands, noun)) {
      first.push_back(fmt::format("{}:{}", noun, command.summary));
      continue;
    }
    std::vector<std::string> verbs;
    std::vector<std::string_view> names;
    for (const auto& each : commands)
      if (first_word(each) == noun) {
        verbs.push_back(fmt::format("{}:{}", second_word(each), each.summary));
        names.push_back(second_word(each));
      }
    first.push_back(fmt::format("{}:{}", noun, fmt::join(names, ", ")));
    branches += branch(fmt::format("'{}'", noun), verbs);
  }
  return function("words", "words so far -> the next word", branch("''", first) + branches);
}

std::string known_function(std::span<const Command> commands) {
  std::set<std::string> known;
  for (const auto& command : commands) {
    known.insert(fmt::format("'{}'", first_word(command)));
    known.insert(fmt::format("'{}'", command.words));
  }
  return fmt::format(
      "# whether these words lead to a command\n_pgcontract_known() {{\n  case \"$1\" in\n"
      "    {}) return 0 ;;\n  esac\n  return 1\n}}\n",
      fmt::join(known, "|"));
}

std::string options_function(std::span<const Command> commands) {
  std::string branches;
  for (const auto& command : commands) {
    std::vector<std::string> lines;
    for (const auto& option : command.options) lines.push_back(fmt::format("{}:{}", option.name, option.description));
    if (!lines.empty()) branches += branch(fmt::format("'{}'", command.words), lines);
  }
  std::vector<std::string> global;
  for (const auto& [option, letter] : global_options())
    global.push_back(fmt::format("{}:{}", option.name, option.description));
  return function("options", "command -> its options", branches) +
         function("global_options", "the options of every command", branch("*", global));
}

std::string values_function(std::span<const Command> commands) {
  std::string branches;
  const auto add = [&](std::string_view words, const Option& option) {
    if (option.value.empty()) return;
    const bool clause = option.name == "--clause";
    branches +=
        branch(fmt::format("{}' {}'", words, option.name), {clause ? "clauses" : kind_of(placeholder_of(option))});
  };
  for (const auto& [option, letter] : global_options()) {
    add("*", option);
    if (letter) add("*", Option{std::string_view(fmt::format("-{}", letter)), option.value, "", ""});
  }
  for (const auto& command : commands)
    for (const auto& option : command.options) add(fmt::format("'{}'", command.words), option);
  return function("value", "command and option -> what its value may be; nothing for a flag", branches);
}

std::string arguments_function(std::span<const Command> commands) {
  std::string branches;
  for (const auto& command : commands) {
    if (command.positionals.empty()) continue;
    const auto& positional = command.positionals.front();
    const auto kind = positional.completes.empty() ? kind_of(positional.name) : std::string(positional.completes);
    branches += branch(fmt::format("'{}'", command.words), {kind});
  }
  return function("argument", "command -> what its argument may be", branches);
}

// Clauses depend on the program's version and environments on the contract: the first are asked of the program, which
// needs no server for them; the second are read from the file's block mapping. Both are picked by their shape, so that
// whatever stands around them does no harm.
constexpr std::string_view kQuestions = R"~(_pgcontract_clauses() {
  "$_pgcontract_program" explain --list 2>/dev/null |
    sed -nE 's/^[^a-z]*([a-z]+\.[a-z0-9_]+)([^a-z0-9_.].*)?$/\1/p'
}
_pgcontract_environments() {
  sed -nE '/^environments:/,/^[^[:blank:]#]/s/^  ([A-Za-z0-9_-]+):.*/\1/p' \
    "${_pgcontract_contract:-contract.yaml}" 2>/dev/null
}
)~";

constexpr std::string_view kBash = R"~(
_pgcontract_offer() {  # kind, current word, words of the topic of help
  local words=""
  case "$1" in
    files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$2"); return ;;
    words\ *) words="${1#words }" ;;
    clauses) words="$(_pgcontract_clauses)" ;;
    environments) words="$(_pgcontract_environments)" ;;
    commands) words="$(_pgcontract_words "$3" | cut -d: -f1)" ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$2")
}

_pgcontract() {
  local _pgcontract_program="${COMP_WORDS[0]}" _pgcontract_contract=""
  local current="${COMP_WORDS[COMP_CWORD]}" at="" topic="" pending="" word next words i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    if [[ -n $pending ]]; then
      [[ $word == "=" ]] && continue  # bash splits --env=local at the sign
      [[ $pending == --contract ]] && _pgcontract_contract="$word"
      pending=""
      continue
    fi
    next="${at:+$at }$word"
    if [[ $word == -- ]]; then return 0
    elif [[ $word == -* ]]; then [[ -n $(_pgcontract_value "$at $word") ]] && pending="$word"
    elif _pgcontract_known "$next"; then at="$next"
    else topic="${topic:+$topic }$word"
    fi
  done
  [[ $current == "=" ]] && current=""
  if [[ -n $pending ]]; then
    _pgcontract_offer "$(_pgcontract_value "$at $pending")" "$current"
  elif [[ $current == -* ]]; then
    words="$( (_pgcontract_options "$at"; _pgcontract_global_options) | cut -d: -f1)"
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  else
    words="$(_pgcontract_words "$at" | cut -d: -f1)"
    if [[ -n $words ]]; then mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    else _pgcontract_offer "$(_pgcontract_argument "$at")" "$current" "$topic"
    fi
  fi
  return 0
}
complete -F _pgcontract pgcontract
)~";

constexpr std::string_view kZsh = R"~(
_pgcontract_offer() {  # kind, words of the topic of help
  local -a choices
  case "$1" in
    files) _files; return ;;
    words\ *) choices=(${(s: :)${1#words }}); compadd -a choices ;;
    clauses) choices=(${(f)"$(_pgcontract_clauses)"}); compadd -a choices ;;
    environments) choices=(${(f)"$(_pgcontract_environments)"}); compadd -a choices ;;
    commands) choices=(${(f)"$(_pgcontract_words "$2")"}); _describe 'command' choices ;;
    *) _message 'value' ;;
  esac
}

_pgcontract() {
  local _pgcontract_program="${words[1]}" _pgcontract_contract=""
  local at="" topic="" pending="" word next i
  local -a choices
  for ((i = 2; i < CURRENT; i++)); do
    word="${words[i]}"
    if [[ -n $pending ]]; then
      [[ $pending == --contract ]] && _pgcontract_contract="$word"
      pending=""
      continue
    fi
    next="${at:+$at }$word"
    if [[ $word == -- ]]; then _files; return
    elif [[ $word == -* ]]; then [[ -n $(_pgcontract_value "$at $word") ]] && pending="$word"
    elif _pgcontract_known "$next"; then at="$next"
    else topic="${topic:+$topic }$word"
    fi
  done
  if [[ -n $pending ]]; then
    _pgcontract_offer "$(_pgcontract_value "$at $pending")"
  elif [[ ${words[CURRENT]} == --*=* ]]; then
    pending="${words[CURRENT]%%=*}"
    compset -P '*='
    _pgcontract_offer "$(_pgcontract_value "$at $pending")"
  elif [[ ${words[CURRENT]} == -* ]]; then
    choices=(${(f)"$(_pgcontract_options "$at"; _pgcontract_global_options)"})
    _describe -o 'option' choices
  else
    choices=(${(f)"$(_pgcontract_words "$at")"})
    if (( ${#choices} )); then _describe 'command' choices
    else _pgcontract_offer "$(_pgcontract_argument "$at")" "$topic"
    fi
  fi
}
if [[ $funcstack[1] == _pgcontract ]]; then _pgcontract "$@"
else compdef _pgcontract pgcontract
fi
)~";

}  // namespace

std::string completion_script(std::string_view shell, std::span<const Command> commands) {
  const bool zsh = shell == "zsh";
  std::string text = zsh ? "#compdef pgcontract\n" : "";
  text += fmt::format("# {0} completion for pgcontract, printed by: pgcontract completion {0}\n", shell);
  text += words_function(commands) + known_function(commands) + options_function(commands);
  text += values_function(commands) + arguments_function(commands);
  return text.append(kQuestions).append(zsh ? kZsh : kBash);
}

}  // namespace pgcontract::cli
