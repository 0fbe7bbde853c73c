#pragma once
// One tar member after the other onto the disk, below one folder, hashed on the way. Members of wal-g's deltas
// (increments) are patched into the file that the backup before left. Inner header of restore/; one thread each.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "base/file_descriptor.hpp"
#include "base/result.hpp"
#include "base/sha256.hpp"
#include "walg/tar.hpp"

namespace pgcontract::restore {

struct Written {
  std::string name;  // "base/1/1259"
  char kind = 'f';
  std::uint64_t size = 0;  // of the member
  std::string sha256;      // of its bytes; empty of a directory
};

struct WriterRules {
  uid_t user = static_cast<uid_t>(-1);  // owner; -1: as we are
  gid_t group = static_cast<gid_t>(-1);
  bool control = false;  // write global/pg_control, which comes last; else it is read and not written
  bool over = false;     // a delta: files may be there
  std::function<bool(const std::string& name)> incremented;  // null: none
  std::function<void(Written)> written;
};

class MemberWriter {
 public:
  MemberWriter(int folder, WriterRules rules) : folder_(folder), rules_(std::move(rules)) {}
  Result<void> begin(const walg::TarEntry& entry);
  Result<void> data(std::string_view bytes);
  Result<void> end();

 private:
  Result<void> make_directory(const std::string& name, unsigned mode);
  Result<void> open_file(unsigned mode);
  Result<void> write_at(std::string_view bytes, std::uint64_t offset);
  Result<void> patch();
  Failure failed(const char* what) const;

  int folder_;
  WriterRules rules_;
  Written member_;
  FileDescriptor file_;
  bool increment_ = false;
  bool discarded_ = false;
  std::uint64_t offset_ = 0;
  std::string held_;  // of an increment: its header, then a page at a time
  std::string blocks_;
  std::uint64_t next_block_ = 0;
  std::uint64_t final_size_ = 0;
  bool header_read_ = false;
  Sha256 hash_;
};

}  // namespace pgcontract::restore
