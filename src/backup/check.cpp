#include "backup/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "backup/catalogue.hpp"
#include "backup/read_part.hpp"
#include "backup/spool.hpp"
#include "base/interrupt.hpp"
#include "store/digest.hpp"
#include "store/name.hpp"
#include "walg/documents.hpp"
#include "walg/names.hpp"

namespace pgcontract::backup {
namespace {

constexpr std::size_t kMostProblems = 20;
constexpr std::string_view kParts = "tar_partitions/";

std::uint64_t short_hash(std::string_view text) {
  const std::string raw = store::raw_sha256(text);
  std::uint64_t hash = 0;
  raw.copy(reinterpret_cast<char*>(&hash), sizeof hash);
  return hash;
}

class Check {
 public:
  Check(store::Store& store, const walg::Seal& seal, const BaseBackup& backup, const CheckRequest& request)
      : store_(store), seal_(seal), backup_(backup), request_(request) {}

  Result<CheckedBackup> run() {
    PGC_CHECK(list());
    if (backup_.ours) PGC_CHECK(read_manifest());
    PGC_CHECK(check_documents());
    PGC_CHECK(check_objects());
    if (!backup_.ours && checked_.problems.empty()) PGC_CHECK(compare_names());
    checked_.plain_bytes = plain_;
    checked_.stored_bytes = stored_;
    return std::move(checked_);
  }

 private:
  struct Lines {
    std::uint64_t from, to;
  };

  std::string key(const std::string& leaf) const { return fmt::format("{}{}/{}", walg::kBackups, backup_.name, leaf); }

  void problem(const std::string& leaf, const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (checked_.problems.size() < kMostProblems)
      checked_.problems.push_back(fmt::format("{}: {}", store::shown_name(leaf), what));
  }

  Result<void> list() {
    const std::string prefix = key("");
    return store_.list(prefix, "", [&](const store::Object& object) -> Result<bool> {
      const std::string leaf = object.name.substr(prefix.size());
      const bool part = leaf.starts_with(kParts);
      expected_ += object.size;
      if (part || leaf == "files_metadata.json" || leaf == "pgcontract_files.jsonl.zst") leaves_.push_back(leaf);
      return true;
    });
  }

  // The manifest, and the list of files that it vouches for, by part.
  Result<void> read_manifest() {
    const std::string where = walg::manifest_key(backup_.name);
    const auto text = store::get_text(store_, where, kLargestDocument);
    if (!text && text.error().code != ErrorCode::NotFound) return fail(text.error());
    const auto manifest = text ? walg::parse_manifest(*text, where) : Result<walg::Manifest>(fail(text.error()));
    if (!manifest) {
      problem("pgcontract_manifest.json", manifest.error().message);
      return {};
    }
    for (const auto& object : manifest->objects) objects_[object.key] = object;
    for (const auto& [leaf, object] : objects_)
      if (std::find(leaves_.begin(), leaves_.end(), leaf) == leaves_.end()) problem(leaf, "it is missing");
    PGC_TRY(auto spool, Spool::make());
    spool_.emplace(std::move(spool));
    PGC_TRY(const auto read, read_decoded(store_, seal_, walg::manifest_files_key(backup_.name),
                                          [&](std::string_view bytes) { return spool_->add(bytes); }));
    if (read.problem.empty() && read.sha256 != manifest->files_sha256)
      problem("pgcontract_files.jsonl.zst", "it is not the list that the manifest vouches for");
    if (!read.problem.empty()) problem("pgcontract_files.jsonl.zst", read.problem);
    if (!checked_.problems.empty()) return {};
    auto lines = spool_->lines();
    std::uint64_t files = 0;
    for (std::uint64_t from = 0;; from = lines.position()) {
      PGC_TRY(const auto file, lines.next());
      if (!file) break;
      auto [at, fresh] = lines_.try_emplace(std::string(kParts) + file->part, Lines{from, 0});
      if (!fresh && at->second.to != from)
        problem("pgcontract_files.jsonl.zst", "a part's lines do not stand together");
      at->second.to = lines.position();
      ++files;
    }
    if (files != manifest->files) problem("pgcontract_files.jsonl.zst", "it does not have as many files as were taken");
    for (const auto& [leaf, range] : lines_)
      if (!objects_.contains(leaf)) problem(leaf, "it has files, and is not in the manifest");
    return {};
  }

  Result<void> check_documents() {
    const std::string where = walg::sentinel_key(backup_.name);
    PGC_TRY(const auto text, store::get_text(store_, where, kLargestDocument));
    const auto sentinel = walg::parse_sentinel(text, where);
    if (!sentinel) {
      problem("the sentinel", sentinel.error().message);
      return {};
    }
    const auto metadata_text = store::get_text(store_, walg::metadata_key(backup_.name), kLargestDocument);
    if (!metadata_text && metadata_text.error().code != ErrorCode::NotFound) return fail(metadata_text.error());
    const auto metadata =
        metadata_text ? walg::parse_metadata(*metadata_text, "") : Result<walg::Metadata>(fail(metadata_text.error()));
    if (!metadata)
      problem("metadata.json", metadata.error().message);
    else if (metadata->start_lsn != sentinel->lsn || metadata->finish_lsn != sentinel->finish_lsn ||
             metadata->system_identifier != sentinel->system_identifier)
      problem("metadata.json", "it does not say what the sentinel says");
    return {};
  }

  // Every object of the listing, by a few threads.
  Result<void> check_objects() {
    std::vector<std::jthread> threads;
    running_ = std::max(1, request_.workers);
    for (int i = running_; i > 0; --i)
      threads.emplace_back([this] {
        for (std::size_t at = next_++; at < leaves_.size(); at = next_++)
          if (auto checked = check_object(leaves_[at]); !checked) {
            const std::lock_guard lock(mutex_);
            if (!error_) error_ = checked.error();
            next_ = leaves_.size();
          }
        --running_;
      });
    while (running_ > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      if (request_.progress) request_.progress(stored_, expected_);
    }
    threads.clear();
    if (error_) return fail(*error_);
    if (backup_.ours) return {};
    const auto has = [&](std::string_view name) {
      return std::any_of(names_.begin(), names_.end(), [&](std::uint64_t hash) { return hash == short_hash(name); });
    };
    if (!has("global/pg_control")) problem("tar_partitions", "none of them has global/pg_control");
    if (!has("backup_label")) problem("tar_partitions", "none of them has backup_label");
    return {};
  }

  Result<void> check_object(const std::string& leaf) {
    if (interrupt::abort_requested()) return fail(ErrorCode::Cancelled, "stopped by the user");
    const auto count = [this](std::uint64_t bytes) { stored_ += bytes; };
    PGC_TRY(const ReadObject read,
            leaf.starts_with(kParts) ? check_part(leaf, count) : read_decoded_document(leaf, count));
    {
      const std::lock_guard lock(mutex_);
      ++checked_.objects;
    }
    if (backup_.ours) {
      const auto object = objects_.find(leaf);
      if (object == objects_.end()) {
        if (!objects_.empty()) problem(leaf, "it is not in the manifest");
        return {};
      }
      if (read.size != object->second.size)
        problem(leaf, fmt::format("it has {} bytes, not {}", read.size, object->second.size));
      else if (read.sha256 != object->second.sha256)
        problem(leaf, "its bytes are not those that were stored");
      else if (!read.problem.empty())
        problem(leaf, read.problem);
    } else if (!read.problem.empty()) {
      problem(leaf, read.problem);
    }
    return {};
  }

  Result<ReadObject> read_decoded_document(const std::string& leaf, const std::function<void(std::uint64_t)>& count) {
    PGC_TRY(const auto got, store_.get(key(leaf), {}, [&](std::string_view bytes) -> Result<void> {
      count(bytes.size());
      return {};
    }));
    return ReadObject{got.object.size, got.sha256, ""};
  }

  Result<ReadObject> check_part(const std::string& leaf, const std::function<void(std::uint64_t)>& count) {
    std::optional<Spool::Lines> lines;
    if (const auto at = lines_.find(leaf); at != lines_.end()) lines.emplace(*spool_, at->second.from, at->second.to);
    std::optional<walg::ManifestFile> expected;
    store::Digest hash(store::Digest::Kind::Sha256);
    std::vector<std::uint64_t> names;
    std::uint64_t files = 0;
    const auto begin = [&](const walg::TarEntry& entry) -> Result<void> {
      if (interrupt::abort_requested()) return fail(ErrorCode::Cancelled, "stopped by the user");
      PGC_TRY(const std::string name, walg::safe_name(entry.name));
      ++files;
      if (!backup_.ours) {
        names.push_back(short_hash(name));
        names.push_back(short_hash(leaf.substr(kParts.size()) + "\n" + name));
        return {};
      }
      if (!lines) return {};
      PGC_TRY(expected, lines->next());
      if (!expected || expected->name != (name.empty() ? "." : name) || expected->kind != entry.kind ||
          (entry.kind == 'f' && expected->size != entry.size))
        return fail(ErrorCode::InvalidInput,
                    fmt::format("{} is not the file that was packed there", store::shown_name(name)));
      hash = store::Digest(store::Digest::Kind::Sha256);
      return {};
    };
    const auto data = [&](std::string_view bytes) -> Result<void> {
      plain_ += bytes.size();
      if (expected) hash.add(bytes);
      return {};
    };
    const auto end = [&]() -> Result<void> {
      if (expected && expected->kind == 'f' && store::hex(hash.finish()) != expected->sha256)
        return fail(ErrorCode::InvalidInput, fmt::format("{} has other content", store::shown_name(expected->name)));
      return {};
    };
    PGC_TRY(auto read, read_part(store_, seal_, key(leaf), {begin, data, end}, count));
    if (lines && read.problem.empty()) {
      PGC_TRY(const auto rest, lines->next());
      if (rest) read.problem = fmt::format("{} is missing in it", store::shown_name(rest->name));
    }
    const std::lock_guard lock(mutex_);
    checked_.files += files;
    names_.insert(names_.end(), names.begin(), names.end());
    return read;
  }

  // wal-g's own: what it counts must have been in the parts.
  Result<void> compare_names() {
    std::sort(names_.begin(), names_.end());
    const auto has = [&](std::string_view name) {
      return std::binary_search(names_.begin(), names_.end(), short_hash(name));
    };
    walg::FilesVisitor visitor;
    visitor.file = [&](const walg::FileEntry& file) -> Result<void> {
      const auto name = walg::safe_name(file.name);
      if (!name || (!file.skipped && !has(*name))) problem(file.name, "no part has this file");
      return {};
    };
    visitor.member = [&](std::string_view part, std::string_view member) -> Result<void> {
      const auto name = walg::safe_name(member);
      if (!name || !has(fmt::format("{}\n{}", part, *name)))
        problem(std::string(member), fmt::format("{} does not have this file", store::shown_name(std::string(part))));
      return {};
    };
    const auto read = walg::read_files_metadata(store_, backup_.name, visitor);
    if (read) return {};
    if (read.error().code != ErrorCode::InvalidInput && read.error().code != ErrorCode::NotFound) return read;
    problem("files_metadata.json", read.error().message);
    return {};
  }

  store::Store& store_;
  const walg::Seal& seal_;
  const BaseBackup& backup_;
  const CheckRequest& request_;
  std::vector<std::string> leaves_;                      // what is read: parts and lists
  std::map<std::string, walg::ManifestObject> objects_;  // of our manifest
  std::optional<Spool> spool_;                           // our list of files
  std::map<std::string, Lines> lines_;                   // where each part's stand in it
  std::vector<std::uint64_t> names_;  // of a foreign backup's members, hashed: alone, and with their part
  std::uint64_t expected_ = 0;
  std::atomic<std::uint64_t> stored_{0}, plain_{0};
  std::atomic<std::size_t> next_{0};
  std::atomic<int> running_{0};
  std::mutex mutex_;
  std::optional<Error> error_;
  CheckedBackup checked_;
};

}  // namespace

Result<CheckedBackup> check_backup(store::Store& store, const walg::Seal& seal, const BaseBackup& backup,
                                   const CheckRequest& request) {
  return Check(store, seal, backup, request).run();
}

}  // namespace pgcontract::backup
