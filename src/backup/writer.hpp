#pragma once
// What becomes of files on their way into a store: parts, then the documents, in wal-g's order, the sentinel last.
// Remembers size and hash of every object and, in a Spool, of every file. put_part() may be called by many threads at
// a time; the rest is for one.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "backup/spool.hpp"
#include "walg/codec.hpp"
#include "walg/documents.hpp"
#include "walg/tar.hpp"

namespace pgcontract::backup {

// What is known when a backup ends, besides what its writer counted.
struct Ending {
  walg::Sentinel sentinel;  // without sizes
  std::string label, tablespace_map;
  std::uint32_t timeline = 0;
  std::uint64_t segment_size = 0;
  bool page_checksums = false;
  std::uint64_t corrupt_pages = 0;
};

class Writer {
 public:
  // Makes the name this backup's own, so that a second one that begins in the same segment cannot write over it.
  // Conflict: somebody else has it.
  static Result<Writer> begin(store::Store& store, walg::Seal seal, std::string name);
  Writer(Writer&& other) noexcept;

  const std::string& name() const { return name_; }
  int next_part() { return ++parts_; }
  // A part: "part_001", "pg_control". `next` gives its members.
  Result<void> put_part(const std::string& leaf, std::function<Result<std::optional<walg::TarMember>>()> next);
  Result<void> put_control(const std::string& bytes, unsigned mode, std::int64_t mtime);
  // Label, documents, manifest, sentinel. The manifest as it was written.
  Result<walg::Manifest> finish(Ending ending);

  std::uint64_t files() const { return files_; }
  std::uint64_t plain_bytes() const { return plain_; }
  std::uint64_t stored_bytes() const { return stored_; }

 private:
  Writer(store::Store& store, walg::Seal seal, std::string name, Spool spool);
  Result<void> put(const std::string& leaf, const store::Source& source, store::Stored* stored = nullptr);

  store::Store* store_;
  walg::Seal seal_;
  std::string name_;
  Spool spool_;
  std::mutex mutex_;
  std::vector<walg::ManifestObject> objects_;
  std::atomic<int> parts_{0};
  std::atomic<std::uint64_t> files_{0}, plain_{0}, stored_{0};
};

// "part_001"
std::string part_leaf(int number);

}  // namespace pgcontract::backup
