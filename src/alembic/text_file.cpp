#include "alembic/text_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace pgcontract::alembic {

namespace fs = std::filesystem;

Result<std::string> read_text_file(const std::string& path, const std::string& shown) {
  constexpr off_t kLargest = 16 << 20;
  const auto failed = [&](int error) -> Failure {
    if (error == ENOENT || error == ENOTDIR)
      return fail(ErrorCode::NotFound, "no such file", "Correct the path or create the file.", shown);
    return fail(ErrorCode::Io, fmt::format("cannot be read: {}", std::strerror(error)),
                "Make the file readable for the user who runs pgcontract.", shown);
  };
  // O_NONBLOCK: opening a pipe would wait for a writer. Three system calls a file: a history has a thousand.
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0 && errno != ENXIO) return failed(errno);
  struct stat status{};
  const bool regular = descriptor >= 0 && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  std::string text;
  int error = 0;
  if (regular && status.st_size <= kLargest) {
    text.resize(static_cast<std::size_t>(status.st_size));
    std::size_t filled = 0;
    while (filled < text.size()) {
      const auto got = read(descriptor, text.data() + filled, text.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) error = errno;
      if (got <= 0) break;
      filled += static_cast<std::size_t>(got);
    }
    text.resize(filled);
  }
  if (descriptor >= 0) close(descriptor);
  if (!regular) return fail(ErrorCode::InvalidInput, "is not a regular file", "Put a file there, or remove it.", shown);
  if (status.st_size > kLargest)
    return fail(ErrorCode::InvalidInput, "is larger than 16 MiB", "Move data out of the file.", shown);
  if (error != 0) return failed(error);
  return text;
}

std::string shown_path(const std::string& path, const std::string& directory) {
  const auto relative = fs::path(path).lexically_normal().lexically_relative(fs::path(directory).lexically_normal());
  return relative.empty() ? path : relative.string();
}

}  // namespace pgcontract::alembic
