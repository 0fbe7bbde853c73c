#pragma once
// The list of a backup's files while it is made or checked: JSON lines in a file without a name, because it may be
// larger than memory. Adding is for any thread, reading for one at a time.

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_descriptor.hpp"
#include "base/result.hpp"
#include "store/store.hpp"
#include "walg/documents.hpp"

namespace pgcontract::backup {

class Spool {
 public:
  static Result<Spool> make();
  Spool(Spool&& other) noexcept : file_(std::move(other.file_)), size_(other.size_) {}
  Result<void> add(std::string_view bytes);  // whole lines
  std::uint64_t size() const { return size_; }
  store::Source source() const;  // all of it, from the beginning

  // Lines of [from, to), one after the other.
  class Lines {
   public:
    Lines(const Spool& spool, std::uint64_t from, std::uint64_t to) : spool_(&spool), at_(from), to_(to) {}
    // Nothing at the end.
    Result<std::optional<walg::ManifestFile>> next();
    std::uint64_t position() const { return at_ - (buffer_.size() - used_); }

   private:
    const Spool* spool_;
    std::uint64_t at_, to_;  // what of the file is still to be read
    std::string buffer_;
    std::size_t used_ = 0;
  };
  Lines lines() const { return {*this, 0, size_}; }

 private:
  explicit Spool(FileDescriptor file) : file_(std::move(file)) {}
  FileDescriptor file_;
  std::uint64_t size_ = 0;
  std::mutex mutex_;
};

// What `more` gives, text after text; an empty one is the end.
store::Source texts(std::function<Result<std::string>()> more);

// files_metadata.json of the files in the list, made while it is read.
store::Source files_metadata_of(const Spool& spool);

}  // namespace pgcontract::backup
