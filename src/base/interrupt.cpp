#include "base/interrupt.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>

namespace pgcontract::interrupt {
namespace {

std::atomic<int> g_signals{0};
std::atomic<bool> g_drain_first{false};
int g_fd = -1;

// Async-signal-safe: atomics and write(2) only.
void on_signal(int) {
  const int before = g_signals.fetch_add(1);
  if (before > 0 || !g_drain_first.load()) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(g_fd, &one, sizeof one);
  }
}

}  // namespace

void install() {
  if (g_fd >= 0) return;
  g_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action{};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void drain_first(bool enabled) { g_drain_first.store(enabled); }
bool stop_requested() { return g_signals.load() > 0; }
bool abort_requested() { return g_signals.load() > (g_drain_first.load() ? 1 : 0); }
int abort_fd() { return g_fd; }

}  // namespace pgcontract::interrupt
