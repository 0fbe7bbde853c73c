#pragma once
// What is going on, on stderr, while it goes on: one line rewritten in place on a terminal, a plain line every ten
// seconds elsewhere. It owns nothing but its last line, which it takes away at the end. One thread writes to it.

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace pgcontract::report {

class Progress {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  using Sink = std::function<void(std::string_view bytes)>;

  // `enabled` false (--quiet): nothing is written. `terminal`: whether stderr is one.
  Progress(bool enabled, bool terminal);
  // For tests: where the bytes go, and a clock turned by hand.
  Progress(bool enabled, bool terminal, int columns, Sink sink, Clock clock);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { end(); }

  // "applying"; `total` 0 is "not known".
  void begin(std::string what, int total);
  void advance(int done, std::string_view detail);
  // Clears the line. Also before printing anything else; begin() starts anew.
  void end();

 private:
  void show(std::chrono::steady_clock::time_point now);
  std::string line(std::chrono::steady_clock::time_point now) const;

  bool enabled_;
  bool terminal_;
  int columns_;
  Sink sink_;
  Clock clock_;
  std::string what_;
  std::string detail_;
  int total_ = 0;
  int done_ = 0;
  bool running_ = false;
  bool line_shown_ = false;
  std::chrono::steady_clock::time_point started_{};
  std::chrono::steady_clock::time_point shown_{};
};

}  // namespace pgcontract::report
