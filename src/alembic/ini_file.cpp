#include "alembic/ini_file.hpp"

#include <fmt/format.h>

#include <cctype>
#include <utility>

namespace pgcontract::alembic {
namespace {

constexpr std::string_view kSpace = " \t\n\r\f\v";

std::string_view stripped(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Takes one line off `rest`; \n, \r\n and \r end it, as Python's text mode has it.
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find_first_of("\r\n");
  const auto line = rest.substr(0, end);
  if (end == std::string_view::npos) {
    rest = {};
  } else {
    const bool pair = rest[end] == '\r' && end + 1 < rest.size() && rest[end + 1] == '\n';
    rest.remove_prefix(end + (pair ? 2 : 1));
  }
  return line;
}

}  // namespace

// ConfigParser._read, line by line: whether a line continues a value depends on its indentation alone.
struct IniFile::Reader {
  IniFile& file;
  std::string section_name;
  Section* section = nullptr;
  IniValue* value = nullptr;  // of the key being read
  std::size_t indentation = 0;
  int line_number = 0;

  Result<void> line(std::string_view line) {
    ++line_number;
    const auto text = stripped(line);
    if (text.empty()) {
      if (value) value->text += '\n';  // an empty line belongs to the value; trailing ones are cut off below
      return {};
    }
    if (text.front() == '#' || text.front() == ';') return {};
    const auto indent = line.find_first_not_of(kSpace);
    if (value && indent > indentation) {
      value->text.append(1, '\n').append(text);
      return {};
    }
    indentation = indent;
    if (const auto close = text.rfind(']'); text.front() == '[' && close != std::string_view::npos && close > 1)
      return header(std::string(text.substr(1, close - 1)));
    if (!section)
      return fail(ErrorCode::InvalidInput, "the file has no section header before this line",
                  text.starts_with("\xEF\xBB\xBF") ? "Save the file as UTF-8 without a byte order mark."
                                                   : "Begin the file with [alembic].",
                  file.place(line_number));
    return option(text);
  }

  Result<void> header(std::string name) {
    value = nullptr;
    section_name = std::move(name);
    if (section_name == "DEFAULT") {
      section = &file.defaults_;
      return {};
    }
    const auto [entry, added] = file.sections_.try_emplace(section_name);
    section = &entry->second;
    if (added) return {};
    return fail(ErrorCode::InvalidInput, fmt::format("section [{}] is there twice", section_name),
                "Merge the two sections: Alembic refuses to read the file.", file.place(line_number));
  }

  Result<void> option(std::string_view text) {
    const auto delimiter = text.find_first_of("=:");
    const auto key = lowered(stripped(text.substr(0, delimiter)));
    if (delimiter == std::string_view::npos || key.empty())
      return fail(ErrorCode::InvalidInput, "the line is neither a section header nor `key = value`",
                  "Indent the line if it continues the value above; otherwise correct or remove it.",
                  file.place(line_number));
    const bool here_of_ours = section == &file.defaults_ && key == "here" && section->at("here").line == 0;
    auto [entry, added] = section->try_emplace(key);
    if (!added && !here_of_ours)
      return fail(ErrorCode::InvalidInput, fmt::format("key `{}` is there twice in section [{}]", key, section_name),
                  "Remove one of the two: Alembic refuses to read the file.", file.place(line_number));
    value = &entry->second;
    *value = {std::string(stripped(text.substr(delimiter + 1))), line_number};
    return {};
  }
};

Result<IniFile> IniFile::parse(std::string_view text, std::string shown, std::string here) {
  IniFile file;
  file.shown_ = std::move(shown);
  file.here_ = std::move(here);
  std::string escaped;  // a % in the folder's name is not an interpolation
  for (char c : file.here_) escaped.append(c == '%' ? 2 : 1, c);
  file.defaults_["here"] = {escaped, 0};
  Reader reader{file, {}, nullptr, nullptr, 0, 0};
  while (!text.empty()) PGC_CHECK(reader.line(take_line(text)));
  const auto cut = [](Section& section) {
    for (auto& [key, value] : section) value.text.erase(value.text.find_last_not_of(kSpace) + 1);
  };
  cut(file.defaults_);
  for (auto& [name, section] : file.sections_) cut(section);
  return file;
}

std::string IniFile::place(int line) const { return fmt::format("{}:{}", shown_, line); }

std::string IniFile::toml_place(int line) const { return fmt::format("{}:{}", toml_shown_, line); }

void IniFile::set_toml(TomlTable toml, std::string shown, const std::string& here) {
  constexpr std::string_view kHere = "%(here)s";
  toml_ = std::move(toml);
  toml_shown_ = std::move(shown);
  for (auto& [key, value] : toml_)
    for (auto& text : value.texts)
      for (auto at = text.find('%'); at != std::string::npos; at = text.find('%', at)) {
        const bool is_here = text.compare(at, kHere.size(), kHere) == 0;
        text.replace(at, is_here ? kHere.size() : text.compare(at, 2, "%%") == 0 ? 2 : 1, is_here ? here : "%");
        at += is_here ? here.size() : 1;
      }
}

const IniValue* IniFile::raw(const std::string& section, const std::string& key) const {
  if (const auto found = sections_.find(section); found != sections_.end())
    if (const auto value = found->second.find(key); value != found->second.end()) return &value->second;
  const auto value = defaults_.find(key);
  return value == defaults_.end() ? nullptr : &value->second;
}

Result<std::optional<IniValue>> IniFile::get(const std::string& section, const std::string& key) const {
  const auto* value = raw(section, lowered(key));
  if (!value) return std::nullopt;
  int budget = 1'000;  // substitutions: ten levels of "%(a)s%(a)s…" would never end
  PGC_TRY(auto text, interpolated(section, *value, 1, budget));
  return IniValue{std::move(text), value->line};
}

Result<std::string> IniFile::interpolated(const std::string& section, const IniValue& value, int depth,
                                          int& budget) const {
  constexpr int kDeepest = 10;  // ConfigParser's MAX_INTERPOLATION_DEPTH
  const auto bad = [&](std::string message, std::string hint) {
    return fail(ErrorCode::InvalidInput, std::move(message), std::move(hint), place(value.line));
  };
  if (depth > kDeepest || --budget < 0)
    return bad("the value refers to itself, or through too many others", "Write the value out.");
  std::string out;
  std::string_view rest = value.text;
  while (!rest.empty()) {
    const auto percent = rest.find('%');
    out += rest.substr(0, percent);
    if (percent == std::string_view::npos) break;
    rest.remove_prefix(percent + 1);
    if (rest.starts_with('%')) {
      out += '%';
      rest.remove_prefix(1);
      continue;
    }
    const auto close = rest.find(')');
    if (!rest.starts_with('(') || close == std::string_view::npos || close == 1 || rest.substr(close + 1, 1) != "s")
      return bad("a % is followed by neither % nor (name)s", "Write %% for one percent sign.");
    const auto name = lowered(rest.substr(1, close - 1));
    rest.remove_prefix(close + 2);
    const auto* named = raw(section, name);
    if (!named)
      return bad(fmt::format("%({})s names a key that is neither in section [{}] nor in [DEFAULT]", name, section),
                 "Add the key, or write %% for one percent sign.");
    PGC_TRY(const auto text, interpolated(section, *named, depth + 1, budget));
    out += text;
  }
  return out;
}

}  // namespace pgcontract::alembic
