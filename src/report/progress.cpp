#include "report/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "report/display.hpp"

namespace pgcontract::report {
namespace {

using namespace std::chrono_literals;

constexpr auto kTerminalInterval = 100ms;
constexpr auto kPlainInterval = 10s;
constexpr int kDefaultColumns = 80;
constexpr std::string_view kClearLine = "\r\x1b[K";

// A line that wraps cannot be rewritten in place, so its width must be known.
int terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kDefaultColumns;
}

void write_to_stderr(std::string_view bytes) {
  std::fwrite(bytes.data(), 1, bytes.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

Progress::Progress(bool enabled, bool terminal)
    : Progress(enabled, terminal, terminal ? terminal_columns() : kDefaultColumns, write_to_stderr,
               std::chrono::steady_clock::now) {}

Progress::Progress(bool enabled, bool terminal, int columns, Sink sink, Clock clock)
    : enabled_(enabled), terminal_(terminal), columns_(columns), sink_(std::move(sink)), clock_(std::move(clock)) {}

void Progress::begin(std::string what, int total) {
  end();
  what_ = visible(what);
  detail_.clear();
  total_ = total;
  done_ = 0;
  if (!enabled_) return;
  running_ = true;
  started_ = shown_ = clock_();
  if (terminal_) show(started_);
}

void Progress::advance(int done, std::string_view detail) {
  if (!running_) return;
  done_ = done;
  const auto now = clock_();
  const bool due = terminal_ ? now - shown_ >= kTerminalInterval : now - shown_ >= kPlainInterval;
  if (!due) return;
  detail_ = visible(detail);
  show(now);
}

void Progress::end() {
  if (line_shown_) sink_(kClearLine);
  line_shown_ = false;
  running_ = false;
}

void Progress::show(std::chrono::steady_clock::time_point now) {
  shown_ = now;
  if (!terminal_) {
    sink_(line(now) + '\n');
    return;
  }
  // The last column stays free: writing it makes some terminals wrap.
  sink_(fmt::format("{}{}", kClearLine, cut(line(now), columns_ - 1, "...")));
  line_shown_ = true;
}

std::string Progress::line(std::chrono::steady_clock::time_point now) const {
  const auto elapsed = std::chrono::duration_cast<std::chrono::seconds>(now - started_).count();
  std::string text = what_;
  if (total_ > 0)
    text += fmt::format(" {}/{}", done_, total_);
  else if (done_ > 0)
    text += fmt::format(" {}", done_);
  if (!detail_.empty()) text += fmt::format(" {}", detail_);
  return fmt::format("{} ({} s)", text, elapsed);
}

}  // namespace pgcontract::report
