#include "alembic/revision_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <unordered_set>
#include <utility>

#include "alembic/python_header.hpp"
#include "alembic/python_token.hpp"

namespace pgcontract::alembic {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"revision", "down_revision", "branch_labels", "depends_on"};
using Kind = PythonValue::Kind;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r\f\v";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    std::uint64_t eight = 0;
    for (; i + sizeof eight <= text.size(); i += sizeof eight) {
      std::memcpy(&eight, text.data() + i, sizeof eight);
      if ((eight & 0x8080808080808080U) != 0) break;
    }
    if (i == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t size = byte < 0x80                   ? 1
                             : byte >= 0xC2 && byte < 0xE0 ? 2
                             : byte >= 0xE0 && byte < 0xF0 ? 3
                             : byte >= 0xF0 && byte < 0xF5 ? 4
                                                           : 0;
    if (size == 0 || i + size > text.size()) return false;
    for (std::size_t k = 1; k < size; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80U) return false;
    i += size;
  }
  return true;
}

// Python takes another encoding from a comment in the first two lines ("# -*- coding: latin-1 -*-").
bool declares_encoding(std::string_view source) {
  for (int line = 0; line < 2 && !source.empty(); ++line) {
    const auto end = std::min(source.find('\n'), source.size());
    const auto text = trimmed(source.substr(0, end));
    if (text.starts_with('#') && text.find("coding") != std::string_view::npos) return true;
    source.remove_prefix(std::min(end + 1, source.size()));
  }
  return false;
}

// "1a2b3c" for a file named so: the only id such a file of Alembic 0.1 has.
std::string legacy_id(std::string_view shown) {
  const auto name = shown.substr(shown.find_last_of('/') + 1);
  const auto end = name.find_first_not_of("0123456789abcdef");
  return end != std::string_view::npos && end > 0 && name.substr(end) == ".py" ? std::string(name.substr(0, end)) : "";
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

class FileReader {
 public:
  FileReader(const PythonHeader& header, const std::string& shown) : header_(header), shown_(shown) {}

  RevisionFile run() {
    Revision revision;
    revision.file = shown_;
    read_id(revision);
    revision.down = texts("down_revision", true);
    revision.labels = texts("branch_labels", false);
    revision.depends_on = texts("depends_on", false);
    const auto doc = trimmed(header_.docstring ? std::string_view(*header_.docstring) : std::string_view());
    revision.message = doc.substr(0, doc.find("\n\n"));
    if (!revision.id.empty()) file_.revision = std::move(revision);
    return std::move(file_);
  }

 private:
  const PythonValue* value(std::string_view name) const {
    const auto found = header_.values.find(name);
    return found == header_.values.end() ? nullptr : &found->second;
  }

  void problem(int line, std::string message, std::string hint) {
    file_.problems.push_back({fmt::format("{}:{}", shown_, line), std::move(message), std::move(hint)});
  }
  void unreadable(std::string_view name, int line) {
    file_.computed.emplace_back(name);
    problem(line, fmt::format("`{}` cannot be read statically", name),
            "Assign it once at the top level of the file, as a string, None or a tuple of strings.");
  }

  void read_id(Revision& revision) {
    const auto* id = value("revision");
    if (!id) {
      revision.id = legacy_id(shown_);
      revision.line = 1;
      if (revision.id.empty())
        problem(1, "there is no `revision` variable",
                "Add revision = '…', or move the file out of the versions folder.");
    } else if (revision.line = id->line; id->kind != Kind::Text) {
      unreadable("revision", id->line);
    } else if (revision.id = id->texts.front(); revision.id.empty()) {
      problem(id->line, "`revision` is empty", "Give the revision an id of at most 32 characters.");
    }
    if (const auto illegal = revision.id.find_first_of("@-+:"); illegal != std::string::npos)
      problem(revision.line, fmt::format("revision id `{}` holds `{}`", revision.id, revision.id[illegal]),
              "Choose an id without @, -, + and :, which mean something else in Alembic's commands.");
    if (const auto size = characters(revision.id); size > 32)
      problem(revision.line, fmt::format("revision id `{}` has {} characters", revision.id, size),
              "Shorten it to 32: alembic_version.version_num is varchar(32) and the upgrade would fail.");
  }

  std::vector<std::string> texts(std::string_view name, bool required) {
    const auto* found = value(name);
    if (!found) {
      if (required && (value("revision") || !legacy_id(shown_).empty()))
        problem(1, fmt::format("there is no `{}` variable", name),
                fmt::format("Add {} = None, or the revision before this one.", name));
      return {};
    }
    if (found->kind == Kind::Dynamic) {
      unreadable(name, found->line);
      return {};
    }
    if (found->kind == Kind::Text && found->texts.front().empty()) return {};  // as good as None
    std::vector<std::string> out;
    std::unordered_set<std::string_view> seen;
    for (const auto& text : found->texts)
      if (seen.insert(text).second) out.push_back(text);
    return out;
  }

  const PythonHeader& header_;
  const std::string& shown_;
  RevisionFile file_;
};

}  // namespace

RevisionFile parse_revision_file(std::string_view source, const std::string& shown) {
  if (!is_utf8(source) && !declares_encoding(source))
    return {std::nullopt, {{shown, "the file is not UTF-8", "Save it as UTF-8: Python refuses to read it."}}};
  const auto tokens = tokenize_python(source);
  if (!tokens) {
    const auto& error = tokens.error();
    return {std::nullopt,
            {{fmt::format("{}:{}", shown, error.where), "not valid Python: " + error.message, error.hint}}};
  }
  const auto header = python_header(*tokens, kNames);
  return FileReader(header, shown).run();
}

}  // namespace pgcontract::alembic
