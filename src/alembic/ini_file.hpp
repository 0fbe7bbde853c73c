#pragma once
// The dialect of .ini that Python's ConfigParser reads, as far as Alembic relies on it: sections, DEFAULT, continuation
// lines, full-line comments and %(name)s. An IniFile owns all its text. Immutable after parse(); any thread.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "alembic/toml_file.hpp"
#include "base/result.hpp"

namespace pgcontract::alembic {

struct IniValue {
  std::string text;
  int line = 0;  // of the key
};

class IniFile {
 public:
  // `shown` names the file in messages; `here` is what %(here)s stands for: the file's folder.
  static Result<IniFile> parse(std::string_view text, std::string shown, std::string here);

  bool has_section(const std::string& section) const { return sections_.contains(section); }
  // The value with every %(name)s put in, from the section or from DEFAULT; nothing where neither has the key.
  Result<std::optional<IniValue>> get(const std::string& section, const std::string& key) const;

  // [tool.alembic] of pyproject.toml, where Alembic 1.16 and later look for what a section does not have, whatever the
  // section is called. %(here)s in it is already put in.
  const TomlTable& toml() const { return toml_; }
  std::string toml_place(int line) const;
  void set_toml(TomlTable toml, std::string shown, const std::string& here);

  const std::string& shown() const { return shown_; }
  const std::string& here() const { return here_; }
  std::string place(int line) const;  // "packages/api/alembic.ini:3"

 private:
  using Section = std::map<std::string, IniValue>;
  struct Reader;

  const IniValue* raw(const std::string& section, const std::string& key) const;
  Result<std::string> interpolated(const std::string& section, const IniValue& value, int depth, int& budget) const;

  std::string shown_;
  std::string here_;
  std::map<std::string, Section> sections_;
  Section defaults_;
  TomlTable toml_;
  std::string toml_shown_;
};

}  // namespace pgcontract::alembic
