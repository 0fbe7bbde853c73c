#include "alembic/text_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace pgcontract::alembic {

namespace fs = std::filesystem;

Result<std::string> read_text_file(const std::string& path, const std::string& shown) {
  constexpr std::uintmax_t kLargest = 16U << 20U;
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status))
    return fail(ErrorCode::NotFound,
                error && error != std::errc::no_such_file_or_directory
                    ? fmt::format("cannot be reached: {}", error.message())
                    : "no such file",
                "Correct the path or create the file.", shown);
  if (!fs::is_regular_file(status))
    return fail(ErrorCode::InvalidInput, "is not a regular file", "Put a file there, or remove it.", shown);
  if (const auto size = fs::file_size(path, error); error || size > kLargest)
    return fail(ErrorCode::InvalidInput, "is larger than 16 MiB", "Move data out of the file.", shown);
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream.is_open() || stream.bad())
    return fail(ErrorCode::Io, fmt::format("cannot be read: {}", std::strerror(errno)),
                "Make the file readable for the user who runs pgcontract.", shown);
  return text;
}

std::string shown_path(const std::string& path, const std::string& directory) {
  const auto relative = fs::path(path).lexically_normal().lexically_relative(fs::path(directory).lexically_normal());
  return relative.empty() ? path : relative.string();
}

}  // namespace pgcontract::alembic
