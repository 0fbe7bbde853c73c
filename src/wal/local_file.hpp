#pragma once
// A file of pg_wal on its way out or in. Out: read as a stream, and at its end asked whether it is still the same file,
// since a server recycles segments by renaming and overwriting them. In: written beside its place under another name,
// flushed, then renamed. One thread each.

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/file_descriptor.hpp"
#include "store/store.hpp"

namespace pgcontract::wal {

class FileOut {
 public:
  static Result<FileOut> open(const std::string& path);
  std::uint64_t size() const { return static_cast<std::uint64_t>(status_.st_size); }
  Result<std::string> beginning(std::size_t bytes) const;
  // From the first byte to the last. Refers to this object. Its end is an Error where the file changed meanwhile.
  store::Source source() const;

 private:
  FileOut(FileDescriptor file, const struct stat& status, std::string path)
      : file_(std::move(file)), status_(status), path_(std::move(path)) {}
  Result<void> is_still_the_same() const;

  FileDescriptor file_;
  struct stat status_;
  std::string path_;
};

// Removes what it wrote unless publish() said that it stands.
class FileIn {
 public:
  // Conflict: another process is writing the same file.
  static Result<FileIn> create(const std::string& destination);
  FileIn(FileIn&&) noexcept = default;
  FileIn& operator=(FileIn&&) = delete;
  ~FileIn();
  Result<void> add(std::string_view bytes);
  std::uint64_t size() const { return size_; }
  const std::string& beginning() const { return beginning_; }  // the first bytes, as many as a page's header has
  Result<void> publish();

 private:
  FileIn(FileDescriptor file, std::string destination) : file_(std::move(file)), destination_(std::move(destination)) {}

  FileDescriptor file_;
  std::string destination_;
  std::string beginning_;
  std::uint64_t size_ = 0;
};

// Where FileIn writes before it is whole.
std::string unfinished(const std::string& destination);
// Renames and flushes the folder.
Result<void> move_into_place(const std::string& from, const std::string& to);

}  // namespace pgcontract::wal
