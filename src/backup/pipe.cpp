#include "backup/pipe.hpp"

#include <algorithm>

namespace pgcontract::backup {

bool Pipe::write(std::string bytes) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return queued_ < capacity_ || abandoned_; });
  if (abandoned_) return false;
  queued_ += bytes.size();
  queue_.push_back(std::move(bytes));
  changed_.notify_all();
  return true;
}

void Pipe::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

void Pipe::fail(Error error) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = std::move(error);
  closed_ = true;
  changed_.notify_all();
}

void Pipe::abandon() {
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
  changed_.notify_all();
}

Result<std::size_t> Pipe::read(std::span<char> into) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !queue_.empty() || closed_; });
  if (error_) return pgcontract::fail(*error_);
  if (queue_.empty()) return std::size_t{0};
  const std::size_t count = queue_.front().copy(into.data(), into.size(), at_);
  at_ += count;
  if (at_ == queue_.front().size()) {
    queued_ -= at_;
    at_ = 0;
    queue_.pop_front();
    changed_.notify_all();
  }
  return count;
}

}  // namespace pgcontract::backup
