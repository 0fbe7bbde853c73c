#pragma once
// Bytes from one thread to another, with a bounded number of them on the way: a server pushes what a store pulls. One
// thread writes, one reads; either may give up, and the other is told.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "store/store.hpp"

namespace pgcontract::backup {

class Pipe {
 public:
  explicit Pipe(std::size_t capacity) : capacity_(capacity) {}
  // Waits while there is no room. False: the reader has given up.
  bool write(std::string bytes);
  void close();            // the writer's end
  void fail(Error error);  // the writer's failure, which the reader gets
  void abandon();          // the reader's end
  Result<std::size_t> read(std::span<char> into);

 private:
  std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> queue_;
  std::size_t queued_ = 0, at_ = 0;
  bool closed_ = false, abandoned_ = false;
  std::optional<Error> error_;
};

}  // namespace pgcontract::backup
