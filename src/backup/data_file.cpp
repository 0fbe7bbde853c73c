#include "backup/data_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "backup/pages.hpp"
#include "base/interrupt.hpp"

namespace pgcontract::backup {
namespace {

constexpr std::size_t kBuffer = 32 * kPage;

}  // namespace

DataFile::DataFile(Found found, Lsn start, std::vector<char>& buffer, OnCorrupt on_corrupt)
    : found_(std::move(found)), start_(start), buffer_(&buffer), on_corrupt_(std::move(on_corrupt)) {
  buffer_->resize(kBuffer);
}

Result<std::size_t> DataFile::read(std::span<char> into) {
  if (at_ == size_ && !ended_) PGC_CHECK(fill());
  const std::size_t count = std::min(into.size(), size_ - at_);
  std::memcpy(into.data(), buffer_->data() + at_, count);
  at_ += count;
  return count;
}

Result<void> DataFile::fill() {
  if (interrupt::abort_requested()) return fail(ErrorCode::Cancelled, "stopped by the user");
  offset_ += size_;
  size_ = at_ = 0;
  while (size_ < buffer_->size()) {
    const ssize_t count = ::pread(found_.file.get(), buffer_->data() + size_, buffer_->size() - size_,
                                  static_cast<off_t>(offset_ + size_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return fail(ErrorCode::Io, fmt::format("could not read a file: {}", std::strerror(errno)),
                  "The disk may be failing: look at the system's log before anything else.", found_.entry.name);
    if (count == 0) break;
    size_ += static_cast<std::size_t>(count);
  }
  ended_ = size_ < buffer_->size();
  if (start_ > 0 && found_.first_block) check_pages();
  return {};
}

void DataFile::check_pages() {
  for (std::size_t at = 0; at + kPage <= size_; at += kPage) {
    const auto block = static_cast<std::uint32_t>(*found_.first_block + (offset_ + at) / kPage);
    const std::string_view page(buffer_->data() + at, kPage);
    if (look_at_page(page, block, start_) != PageState::Mismatch) continue;
    std::array<char, kPage> again;
    if (::pread(found_.file.get(), again.data(), kPage, static_cast<off_t>(offset_ + at)) != kPage) continue;
    if (look_at_page({again.data(), kPage}, block, start_) == PageState::Mismatch)
      on_corrupt_(found_.entry.name, block);
    else
      std::memcpy(buffer_->data() + at, again.data(), kPage);
  }
}

}  // namespace pgcontract::backup
