#include "cli/terminal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace pgcontract::cli {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string locale_name() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (auto value = variable(name); !value.empty()) return value;
  return {};
}

bool is_utf8(std::string locale) {
  std::ranges::transform(locale, locale.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
}

}  // namespace

Surroundings look_at(int fd) {
  Surroundings seen;
  seen.terminal = isatty(fd) == 1;
  winsize size{};
  if (seen.terminal && ioctl(fd, TIOCGWINSZ, &size) == 0) seen.columns = size.ws_col;
  seen.columns_variable = variable("COLUMNS");
  seen.no_color = variable("NO_COLOR");
  seen.term = variable("TERM");
  seen.locale = locale_name();
  return seen;
}

report::Style decide_style(const Surroundings& surroundings) {
  constexpr int kNarrowest = 40, kWidest = 200, kUnknown = 100;
  report::Style style;
  style.colour = surroundings.terminal && surroundings.no_color.empty() && surroundings.term != "dumb";
  style.unicode = is_utf8(surroundings.locale);
  int columns = surroundings.columns;
  const auto& text = surroundings.columns_variable;
  std::from_chars(text.data(), text.data() + text.size(), columns);
  style.width = columns <= 0 ? kUnknown : std::clamp(columns, kNarrowest, kWidest);
  return style;
}

void reserve_standard_streams() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is this one. Read-only for stdout and stderr, so that writing still fails.
    if (open("/dev/null", O_RDONLY) < 0) std::_Exit(4);
  }
}

Result<void> write_all(std::FILE* stream, std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
  if (written && std::fflush(stream) == 0) return {};
  const int code = errno;
  // Its buffer would be written once more at exit.
  std::clearerr(stream);
  if (code == EPIPE) return fail(ErrorCode::Cancelled, "the reader of the output went away");
  if (code == ENOSPC)
    return fail(ErrorCode::OutOfSpace, "the output could not be written: no space left on device",
                "Free some space or print elsewhere; what the command did stands.");
  return fail(ErrorCode::Io, fmt::format("the output could not be written: {}", std::strerror(code)),
              "What the command did stands; print it to another place.");
}

}  // namespace pgcontract::cli
