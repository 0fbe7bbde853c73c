#pragma once
// Where output goes: what the terminal can show, and whether the bytes arrived. look_at() reads the environment and
// asks the terminal; decide_style() is pure. Streams are borrowed; one thread.

#include <cstdio>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "report/render.hpp"

namespace pgcontract::cli {

struct Surroundings {
  bool terminal = false;
  int columns = 0;               // as the terminal says; 0: it does not say
  std::string columns_variable;  // COLUMNS, NO_COLOR, TERM; empty where unset
  std::string no_color;
  std::string term;
  std::string locale;  // the first set of LC_ALL, LC_CTYPE, LANG
};

Surroundings look_at(int fd);
report::Style decide_style(const Surroundings& surroundings);

// Opens /dev/null in place of a closed stdin, stdout or stderr: else the first socket takes its number, and what is
// printed goes to the server. A stdout that was closed still fails on writing.
void reserve_standard_streams();

// All of `text`, flushed: a full disk is an error here, not at exit. Cancelled where the reader of a pipe went away.
Result<void> write_all(std::FILE* stream, std::string_view text);

}  // namespace pgcontract::cli
