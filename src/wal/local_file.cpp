#include "wal/local_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "base/interrupt.hpp"
#include "wal/segment.hpp"

namespace pgcontract::wal {
namespace {

Failure failure(int number, std::string_view act, const std::string& path) {
  const bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
  const auto code = full                                  ? ErrorCode::OutOfSpace
                    : number == ENOENT                    ? ErrorCode::NotFound
                    : number == EACCES || number == EPERM ? ErrorCode::Permission
                                                          : ErrorCode::Io;
  return fail(code, fmt::format("{}: {}", act, std::strerror(number)),
              full ? "Make room on its disk; nothing half written was left there." : "", path);
}

// Reads until `into` is full or the file ends.
Result<std::size_t> read_at(int fd, std::span<char> into, std::uint64_t offset, const std::string& path) {
  std::size_t used = 0;
  while (used < into.size()) {
    const ssize_t count = ::pread(fd, into.data() + used, into.size() - used, static_cast<off_t>(offset + used));
    if (count < 0 && errno == EINTR && !interrupt::abort_requested()) continue;
    if (count < 0) return failure(errno, "could not read", path);
    if (count == 0) break;
    used += static_cast<std::size_t>(count);
  }
  return used;
}

}  // namespace

Result<FileOut> FileOut::open(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return failure(errno, "could not open", path);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return failure(errno, "could not look at", path);
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::InvalidInput, "this is no regular file", "", path);
  return FileOut(std::move(file), status, path);
}

Result<std::string> FileOut::beginning(std::size_t bytes) const {
  std::string text(bytes, '\0');
  PGC_TRY(const std::size_t count, read_at(file_.get(), std::span<char>(text), 0, path_));
  text.resize(count);
  return text;
}

Result<void> FileOut::is_still_the_same() const {
  struct stat now{};
  if (::stat(path_.c_str(), &now) != 0) return failure(errno, "the file went away while it was read", path_);
  const bool same = now.st_dev == status_.st_dev && now.st_ino == status_.st_ino && now.st_size == status_.st_size &&
                    now.st_mtim.tv_sec == status_.st_mtim.tv_sec && now.st_mtim.tv_nsec == status_.st_mtim.tv_nsec;
  if (same) return {};
  return fail(ErrorCode::Conflict, "the file changed while it was read", "Nothing was stored: try it again.", path_);
}

store::Source FileOut::source() const {
  return [this, at = std::make_shared<std::uint64_t>(0)](std::span<char> into) -> Result<std::size_t> {
    PGC_TRY(const std::size_t count, read_at(file_.get(), into, *at, path_));
    *at += count;
    if (count > 0) return count;
    if (*at != size())
      return fail(ErrorCode::Conflict, fmt::format("the file ended at byte {}, it had {}", *at, size()),
                  "Nothing was stored: try it again.", path_);
    PGC_CHECK(is_still_the_same());
    return 0;
  };
}

std::string unfinished(const std::string& destination) { return destination + ".pgcontract"; }

Result<FileIn> FileIn::create(const std::string& destination) {
  const std::string path = unfinished(destination);
  // What a killed process left is taken over: its lock died with it.
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return failure(errno, "could not create", path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorCode::Conflict, "another process is fetching this file", "", destination);
  if (::ftruncate(file.get(), 0) != 0) return failure(errno, "could not empty", path);
  return FileIn(std::move(file), destination);
}

FileIn::~FileIn() {
  if (file_.get() >= 0) ::unlink(unfinished(destination_).c_str());
}

Result<void> FileIn::add(std::string_view bytes) {
  if (beginning_.size() < kLongHeader) beginning_ += bytes.substr(0, kLongHeader - beginning_.size());
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(errno, "could not write", destination_);
    bytes.remove_prefix(static_cast<std::size_t>(count));
    size_ += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<void> FileIn::publish() {
  if (::fsync(file_.get()) != 0) return failure(errno, "could not flush", destination_);
  PGC_CHECK(move_into_place(unfinished(destination_), destination_));
  file_.close();
  return {};
}

Result<void> move_into_place(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failure(errno, "could not rename", to);
  const auto folder = std::filesystem::path(to).parent_path();
  const FileDescriptor opened(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0 || ::fsync(opened.get()) != 0) return failure(errno, "could not flush a folder", folder);
  return {};
}

}  // namespace pgcontract::wal
