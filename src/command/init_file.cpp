#include "command/init_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace pgcontract::command {
namespace {

namespace fs = std::filesystem;

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return fsync(file) == 0;
}

// Without `overwrite` the rename itself refuses an existing file; some file systems cannot, and there check_output()
// has to do.
bool put_in_place(const std::string& from, const std::string& to, bool overwrite) {
  if (overwrite) return rename(from.c_str(), to.c_str()) == 0;
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  std::error_code ignored;
  if (!fs::exists(to, ignored)) return rename(from.c_str(), to.c_str()) == 0;
  errno = EEXIST;
  return false;
}

}  // namespace

Result<void> check_output(const std::string& path, bool overwrite) {
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, error))
    return fail(ErrorCode::NotFound, "its directory does not exist",
                fmt::format("Make it first: mkdir -p {}", folder.string()), path);
  const auto status = fs::symlink_status(path, error);
  if (!fs::exists(status)) return {};
  if (!fs::is_regular_file(fs::status(path, error)))
    return fail(ErrorCode::Conflict, "is not a regular file", "Name another with --output.", path);
  if (!overwrite)
    return fail(ErrorCode::Conflict, "there is a file already",
                "Name another with --output, or add --yes to write over it.", path);
  return {};
}

Result<void> write_whole_file(const std::string& path, const std::string& text, bool overwrite) {
  PGC_CHECK(check_output(path, overwrite));
  // What a link points to is replaced, not the link.
  std::error_code ignored;
  const fs::path real = fs::canonical(path, ignored);
  const std::string target = real.empty() ? path : real.string();
  const std::string temporary = fmt::format("{}.{}.tmp", target, getpid());
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0)
    return fail(ErrorCode::Io, fmt::format("cannot create a file there: {}", std::strerror(errno)),
                "Name another place with --output.", path);
  struct stat before{};
  bool good = stat(target.c_str(), &before) != 0 || fchmod(file, before.st_mode & 07777) == 0;
  good = good && write_all(file, text);
  int error = errno;
  if (close(file) != 0 && good) {
    good = false;
    error = errno;
  }
  if (good) {
    good = put_in_place(temporary, target, overwrite);
    error = errno;
  }
  if (good) return {};
  unlink(temporary.c_str());
  return fail(error == ENOSPC   ? ErrorCode::OutOfSpace
              : error == EEXIST ? ErrorCode::Conflict
                                : ErrorCode::Io,
              fmt::format("cannot be written: {}", std::strerror(error)), "Nothing was changed.", path);
}

}  // namespace pgcontract::command
