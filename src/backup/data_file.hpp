#pragma once
// A file of a running server's data directory, read once from front to end: handed on as it is, and, where it is a
// relation's, each page's checksum compared on the way. A page that does not match is read once more, since the server
// may have been writing it. One thread.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backup/walk.hpp"
#include "model/backup.hpp"

namespace pgcontract::backup {

class DataFile {
 public:
  using OnCorrupt = std::function<void(const std::string& file, std::uint32_t block)>;
  // `start` 0: pages are not looked at. `buffer` is lent by the caller, for files read one after the other.
  DataFile(Found found, Lsn start, std::vector<char>& buffer, OnCorrupt on_corrupt);
  Result<std::size_t> read(std::span<char> into);

 private:
  Result<void> fill();
  void check_pages();

  Found found_;
  Lsn start_;
  std::vector<char>* buffer_;
  OnCorrupt on_corrupt_;
  std::uint64_t offset_ = 0;  // of the buffer's beginning in the file
  std::size_t size_ = 0, at_ = 0;
  bool ended_ = false;
};

}  // namespace pgcontract::backup
