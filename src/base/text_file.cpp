#include "base/text_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace pgcontract {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Failure system_failure(const std::string& path) {
  const int number = errno;
  if (number == ENOENT || number == ENOTDIR)
    return fail(ErrorCode::NotFound, "the file does not exist", "Check the path.", path);
  if (number == EACCES || number == EPERM)
    return fail(ErrorCode::Permission, "the file cannot be read by this user",
                "Check the permissions of the file and of the directories above it.", path);
  return fail(ErrorCode::Io, fmt::format("the file cannot be read: {}", std::strerror(number)), "", path);
}

}  // namespace

Result<TextFile> read_text_file(const std::string& path, std::size_t limit) {
  // Without O_NONBLOCK, opening a pipe would wait for its writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return system_failure(path);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_failure(path);
  if (S_ISDIR(status.st_mode))
    return fail(ErrorCode::InvalidInput, "this is a directory", "Name the file in it.", path);
  if (!S_ISREG(status.st_mode))
    return fail(ErrorCode::InvalidInput, "this is not a regular file", "Name a file on disk.", path);

  // One block, never reallocated: a growing string would leave copies of a secret behind.
  std::string text(limit + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure(path);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > limit)
    return fail(ErrorCode::InvalidInput, fmt::format("the file is larger than {} bytes", limit),
                "Is this the right file?", path);
  text.resize(size);
  return TextFile{SecretString(std::move(text)), static_cast<unsigned>(status.st_mode & 07777)};
}

}  // namespace pgcontract
