#include "command/export_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/sha256.hpp"

namespace pgcontract::command {
namespace {

namespace fs = std::filesystem;

Failure io_failure(const std::string& path) {
  const int number = errno;
  return fail(number == ENOSPC ? ErrorCode::OutOfSpace : ErrorCode::Io,
              fmt::format("cannot be written: {}", std::strerror(number)), "Nothing was written under the final name.",
              path);
}

bool sync(const std::string& path, int flags) {
  const int file = open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) return false;
  const bool good = fsync(file) == 0;
  close(file);
  return good;
}

}  // namespace

Result<ExportFolder> ExportFolder::begin(const std::string& target, bool overwrite) {
  std::error_code error;
  fs::path path = fs::absolute(target, error).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  if (!fs::is_directory(path.parent_path(), error))
    return fail(ErrorCode::NotFound, "its directory does not exist",
                fmt::format("Make it first: mkdir -p {}", path.parent_path().string()), target);
  if (fs::exists(fs::symlink_status(path, error))) {
    if (!overwrite)
      return fail(ErrorCode::Conflict, "is there already", "Name another with --output, or add --yes to replace it.",
                  target);
    const bool empty = fs::is_directory(path, error) && fs::is_empty(path, error);
    if (!empty && !fs::is_regular_file(path / kManifest, error))
      return fail(ErrorCode::Conflict, "is no export of a tenant, and is not replaced", "Name another with --output.",
                  target);
  }
  const std::string partial = path.string() + ".partial";
  fs::remove_all(partial, error);
  // A tenant's rows are for nobody else on this machine.
  if (mkdir(partial.c_str(), 0700) != 0) return io_failure(partial);
  return ExportFolder(path.string(), partial, overwrite);
}

ExportFolder::ExportFolder(ExportFolder&& other) noexcept
    : target_(std::move(other.target_)), partial_(std::exchange(other.partial_, {})), overwrite_(other.overwrite_) {}

ExportFolder::~ExportFolder() {
  std::error_code ignored;
  if (!partial_.empty()) fs::remove_all(partial_, ignored);
}

std::string ExportFolder::path(const std::string& name) const { return partial_ + "/" + name; }

Result<void> ExportFolder::write(const std::string& name, const std::function<Result<void>(const Write&)>& fill) const {
  const std::string file_path = path(name);
  std::FILE* file = std::fopen(file_path.c_str(), "wxe");
  if (!file) return io_failure(file_path);
  bool good = true;
  const auto filled = fill(
      [&](std::string_view text) { good = good && std::fwrite(text.data(), 1, text.size(), file) == text.size(); });
  if (std::fclose(file) != 0) good = false;
  if (!filled) return filled;
  if (!good) return io_failure(file_path);
  return {};
}

Result<ExportFolder::File> ExportFolder::measure(const std::string& name) const {
  std::FILE* file = std::fopen(path(name).c_str(), "re");
  if (!file) return io_failure(path(name));
  Sha256 sum;
  std::size_t bytes = 0;
  std::array<char, 65536> buffer{};
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file)) {
    sum.add({buffer.data(), count});
    bytes += count;
  }
  const bool good = std::ferror(file) == 0;
  std::fclose(file);
  if (!good) return io_failure(path(name));
  return File{name, std::to_string(bytes), sum.hex()};
}

Result<void> ExportFolder::finish() && {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(partial_, error))
    if (!sync(entry.path().string(), O_RDONLY)) return io_failure(entry.path().string());
  if (!sync(partial_, O_RDONLY | O_DIRECTORY)) return io_failure(partial_);
  const bool exists = fs::exists(fs::symlink_status(target_, error));
  const unsigned how = exists && overwrite_ ? RENAME_EXCHANGE : RENAME_NOREPLACE;
  if (renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD, target_.c_str(), how) != 0) return io_failure(target_);
  if (how == RENAME_EXCHANGE) fs::remove_all(partial_, error);
  partial_.clear();
  (void)sync(fs::path(target_).parent_path().string(), O_RDONLY | O_DIRECTORY);
  return {};
}

}  // namespace pgcontract::command
