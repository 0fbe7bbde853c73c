#pragma once
// The list of files that a backup has of itself, read as a stream: our manifest's, with hashes, or wal-g's, with names.
// Inner header of restore/; one thread.

#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "restore/tally.hpp"
#include "store/store.hpp"
#include "walg/codec.hpp"
#include "walg/documents.hpp"

namespace pgcontract::restore {

class FileList {
 public:
  enum class Kind { Ours, Walg, None };  // None: wal-g was told to keep none
  static Result<FileList> open(store::Store& store, const std::string& backup,
                               const std::optional<walg::Manifest>& manifest, const walg::Sentinel& sentinel,
                               const walg::Seal& seal);
  Kind kind() const { return kind_; }
  // What each part should hold.
  Result<Tally> tally() const;
  // Of wal-g's list: every file there was, in whichever part or in none.
  Result<void> each_file(const std::function<Result<void>(const walg::FileEntry&)>& visit) const;
  // Of a part whose sum differs: the first file below `folder` that is not as listed, in words.
  Result<std::string> first_difference(int folder, const std::string& part) const;

 private:
  FileList(store::Store& store, std::string backup, walg::Seal seal)
      : store_(&store), backup_(std::move(backup)), seal_(std::move(seal)) {}
  Result<void> each_line(const std::function<Result<void>(const walg::ManifestFile&)>& visit) const;
  store::Store* store_;
  std::string backup_;
  walg::Seal seal_;
  Kind kind_ = Kind::None;
  std::string sha256_;
};

}  // namespace pgcontract::restore
