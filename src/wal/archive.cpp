#include "wal/archive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/sha256.hpp"
#include "store/name.hpp"
#include "wal/history.hpp"
#include "wal/local_file.hpp"

namespace pgcontract::wal {
namespace {

using walg::WalFileKind;

constexpr std::string_view kAnyClaim = "\"system_identifier\"";
constexpr std::size_t kLargestClaim = 4096;
constexpr std::size_t kLargestHistory = std::size_t{1} << 20;
// What wal-g may write; of these we read the first three (walg/codec.hpp).
constexpr std::array<std::string_view, 6> kExtensions = {".zst", ".lz4", ".lzma", ".br", ".gz", ".lzo"};

std::string key_of(std::string_view name, std::string_view extension) {
  return fmt::format("{}{}{}", walg::kWal, name, extension);
}

Failure split_brain(std::string_view name, const std::string& where) {
  return fail(
      ErrorCode::Conflict,
      fmt::format("{} is in the archive already, with other content: two servers write one history", name),
      "Nothing was overwritten. Find the other server, perhaps an old primary that still runs, before you touch "
      "either file.",
      where);
}

bool is_segment(std::string_view name) {
  const auto kind = walg::wal_file_kind(name);
  return kind == WalFileKind::Segment || kind == WalFileKind::Partial;
}

// What the name promises of the content: of segments the first page, of histories their lines.
Result<std::optional<std::uint64_t>> check_file(const FileOut& file, const std::string& name) {
  switch (walg::wal_file_kind(name)) {
    case WalFileKind::Other:
      return fail(ErrorCode::InvalidInput,
                  fmt::format("\"{}\" is no file of PostgreSQL's archive", store::shown_name(name)),
                  "archive_command hands over segments, .partial, .history and .backup files.");
    case WalFileKind::History: {
      PGC_TRY(const std::string text, file.beginning(kLargestHistory));
      PGC_TRY([[maybe_unused]] const auto switches, parse_history(text, name));
      return std::nullopt;
    }
    case WalFileKind::BackupLabel:
      if (file.size() == 0) return fail(ErrorCode::InvalidInput, "the file is empty", "", name);
      return std::nullopt;
    case WalFileKind::Segment:
    case WalFileKind::Partial: break;
  }
  PGC_TRY(const std::string page, file.beginning(kLongHeader));
  PGC_TRY(const SegmentFacts facts, read_segment_facts(page, name));
  PGC_CHECK(check_segment(facts, name, file.size(), std::nullopt));
  return facts.system_identifier;
}

Result<std::string> digest_of(const store::Source& source) {
  Sha256 digest;
  std::string buffer(std::size_t{1} << 18, '\0');
  for (;;) {
    PGC_TRY(const std::size_t count, source(std::span<char>(buffer)));
    if (count == 0) return digest.hex();
    digest.add(std::string_view(buffer).substr(0, count));
  }
}

Result<void> is_readable(std::string_view key) {
  for (const std::string_view odd : {".br", ".gz", ".lzo"})
    if (key.ends_with(odd))
      return fail(ErrorCode::Unsupported, fmt::format("{} is compressed in a way this version does not read", key),
                  "Read it with the program that wrote it.");
  return {};
}

}  // namespace

std::string_view file_of_key(std::string_view key) {
  if (!key.starts_with(walg::kWal)) return {};
  key.remove_prefix(walg::kWal.size());
  for (const auto extension : kExtensions)
    if (key.ends_with(extension)) {
      key.remove_suffix(extension.size());
      break;
    }
  return walg::wal_file_kind(key) == WalFileKind::Other ? std::string_view() : key;
}

std::optional<std::uint64_t> cluster_around(const std::string& path) {
  std::error_code none;
  const auto folder = std::filesystem::absolute(path, none).parent_path();
  // ControlFileData begins with it; pg_wal may be a link, so the name is followed upwards, not the folder.
  std::ifstream control(folder.parent_path() / "global/pg_control", std::ios::binary);
  std::uint64_t identifier = 0;
  if (!control.read(reinterpret_cast<char*>(&identifier), sizeof identifier) || identifier == 0) return std::nullopt;
  return identifier;
}

Result<std::vector<store::Object>> Archive::find(const std::string& name) {
  std::vector<store::Object> found;
  PGC_CHECK(store_.list(key_of(name, ""), "", [&](const store::Object& object) -> Result<bool> {
    if (file_of_key(object.name) == name) found.push_back(object);
    return found.size() < kExtensions.size() + 1;
  }));
  return found;
}

Result<bool> Archive::same_content(const std::string& key, const std::string& path) {
  PGC_CHECK(is_readable(key));
  Sha256 there;
  walg::Seal seal = seal_;
  seal.compression = walg::compression_of(key);
  PGC_TRY(auto decoder, walg::Decoder::make(seal, [&](std::string_view bytes) -> Result<void> {
            there.add(bytes);
            return {};
          }));
  const auto read = store_.get(key, {}, [&](std::string_view bytes) { return decoder.add(bytes); });
  const auto whole = read ? decoder.finish() : Result<void>(fail(read.error()));
  if (!whole && whole.error().code == ErrorCode::InvalidInput)
    return fail(
        ErrorCode::Conflict, fmt::format("{} is in the archive already, but it is damaged", key),
        "Nothing was overwritten. Remove that object if this server is the one whose archive it is; the segment "
        "is then stored at the next try.",
        whole.error().message);
  if (!whole) return fail(whole.error());
  PGC_TRY(const FileOut file, FileOut::open(path));
  PGC_TRY(const std::string here, digest_of(file.source()));
  return here == there.hex();
}

Result<std::optional<SegmentFacts>> Archive::first_segment() {
  std::optional<store::Object> first;
  PGC_CHECK(store_.list(std::string(walg::kWal), "", [&](const store::Object& object) -> Result<bool> {
    const bool whole = object.size > 0 && is_readable(object.name).has_value();
    if (whole && walg::wal_file_kind(file_of_key(object.name)) == WalFileKind::Segment) first = object;
    return !first;
  }));
  if (!first) return std::nullopt;
  std::string beginning;
  walg::Seal seal = seal_;
  seal.compression = walg::compression_of(first->name);
  PGC_TRY(auto decoder, walg::Decoder::make(seal, [&](std::string_view bytes) -> Result<void> {
            beginning += bytes.substr(0, kLongHeader - std::min(kLongHeader, beginning.size()));
            return {};
          }));
  const auto read = store_.get(first->name, {}, [&](std::string_view bytes) -> Result<void> {
    PGC_CHECK(decoder.add(bytes));
    if (beginning.size() >= kLongHeader) return fail(ErrorCode::Cancelled, "enough was read");
    return {};
  });
  if (!read && beginning.size() < kLongHeader) return with_context(read.error(), first->name);
  PGC_TRY(const SegmentFacts facts, read_segment_facts(beginning, first->name));
  return facts;
}

Result<std::optional<std::uint64_t>> Archive::cluster() {
  {
    const std::lock_guard lock(mutex_);
    if (cluster_) return cluster_;
  }
  const auto text = store::get_text(store_, std::string(kCluster), kLargestClaim);
  if (!text && text.error().code != ErrorCode::NotFound) return fail(text.error());
  if (!text) return std::nullopt;
  const auto at = text->find(kAnyClaim);
  const auto digits = at == text->npos ? text->npos : text->find_first_of("0123456789", at + kAnyClaim.size());
  std::uint64_t identifier = 0;
  if (digits != text->npos) std::from_chars(text->data() + digits, text->data() + text->size(), identifier);
  if (identifier == 0)
    return fail(ErrorCode::InvalidInput, fmt::format("{} does not say whose the archive is", kCluster),
                "It is written by pgcontract alone: remove it, and the next segment writes it again.");
  const std::lock_guard lock(mutex_);
  cluster_ = identifier;
  return identifier;
}

Result<std::string> Archive::text(const std::string& name, std::size_t limit) {
  PGC_TRY(const auto found, find(name));
  if (found.empty()) return fail(ErrorCode::NotFound, fmt::format("the archive does not hold {}", name));
  PGC_CHECK(is_readable(found.front().name));
  std::string text;
  walg::Seal seal = seal_;
  seal.compression = walg::compression_of(found.front().name);
  PGC_TRY(auto decoder, walg::Decoder::make(seal, [&](std::string_view bytes) -> Result<void> {
            text += bytes;
            if (text.size() <= limit) return {};
            return fail(ErrorCode::InvalidInput, fmt::format("{} is larger than {} bytes", name, limit));
          }));
  PGC_TRY([[maybe_unused]] const store::Got got,
          store_.get(found.front().name, {}, [&](std::string_view bytes) { return decoder.add(bytes); }));
  PGC_CHECK(decoder.finish());
  return text;
}

Result<void> Archive::claim(std::uint64_t system_identifier) {
  PGC_TRY(auto owner, cluster());
  if (!owner) {
    // An archive that another program began says whose it is by its content.
    PGC_TRY(const auto first, first_segment());
    if (first) owner = first->system_identifier;
    if (!owner || *owner == system_identifier) {
      const auto text = fmt::format("{{\"{}\": \"{}\"}}\n", "system_identifier", system_identifier);
      const auto put = store::put_text(store_, std::string(kCluster), text, {.if_absent = true});
      if (!put && put.error().code != ErrorCode::Conflict) return fail(put.error());
      PGC_TRY(owner, cluster());  // perhaps another's, put at the same moment
    }
  }
  if (owner == system_identifier) return {};
  return fail(ErrorCode::Conflict,
              fmt::format("the archive at {} is of the cluster with system identifier {}, this one has {}",
                          store_.describe(), owner.value_or(0), system_identifier),
              "Two clusters must not share one archive: give each a prefix of its own.");
}

// A copy that was promoted while its archiving was off has a history that no server ever hands over; without it nobody
// follows the timeline back to the backup before.
Result<void> Archive::push_history_of(const std::string& path, const std::string& name) {
  if (walg::wal_file_kind(name) != WalFileKind::Segment) return {};
  std::uint32_t timeline = 0;
  std::from_chars(name.data(), name.data() + 8, timeline, 16);
  {
    const std::lock_guard lock(mutex_);
    if (timeline <= 1 || !histories_.insert(timeline).second) return {};
  }
  const auto history = std::filesystem::path(path).parent_path() / walg::history_name(timeline);
  std::error_code none;
  if (!std::filesystem::exists(history, none)) return {};
  const auto pushed = push(history);
  if (pushed) return {};
  const std::lock_guard lock(mutex_);
  histories_.erase(timeline);
  return fail(pushed.error());
}

Result<Pushed> Archive::push(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename();
  PGC_TRY(const FileOut file, FileOut::open(path));
  PGC_TRY(auto identifier, check_file(file, name));
  if (!identifier) identifier = cluster_around(path);
  if (identifier) PGC_CHECK(claim(*identifier));
  PGC_CHECK(push_history_of(path, name));
  const std::string key = key_of(name, walg::extension(seal_.compression));
  PGC_TRY(const auto there, find(name));
  for (const auto& object : there) {
    // Unencrypted, our own encoding of the same bytes is the same: the store compares digests, nothing is fetched.
    if (object.name == key && !seal_.key) continue;
    PGC_TRY(const bool same, same_content(object.name, path));
    if (!same) return split_brain(name, store_.describe());
    return Pushed{file.size(), true};
  }
  PGC_TRY(const store::Source encoded, walg::encoded(file.source(), seal_));
  const auto stored = store_.put(key, encoded, {.if_absent = true, .expected_size = 0});
  if (stored) return Pushed{file.size(), stored->was_there};
  if (stored.error().code != ErrorCode::Conflict || !store_.head(key)) return fail(stored.error());
  PGC_TRY(const bool same, same_content(key, path));
  if (!same) return split_brain(name, store_.describe());
  return Pushed{file.size(), true};
}

Result<void> Archive::is_certainly_absent(const std::string& name) {
  const auto asked = store_.head(key_of(name, walg::extension(seal_.compression)));
  if (asked) return fail(ErrorCode::Io, fmt::format("the store lists no {} but has it", name), "Try again.");
  if (asked.error().code != ErrorCode::NotFound) return fail(asked.error());
  // An empty archive is a wrong address, a folder that is not mounted: that is not "no such file".
  bool has_something = false;
  PGC_CHECK(store_.list(std::string(walg::kWal), "", [&](const store::Object&) -> Result<bool> {
    has_something = true;
    return false;
  }));
  if (has_something) return fail(ErrorCode::NotFound, fmt::format("the archive does not hold {}", name));
  return fail(ErrorCode::Environment, fmt::format("the archive at {} holds no WAL at all", store_.describe()),
              "Is this the right store, and is it mounted? That a file is absent cannot be told here.");
}

Result<Fetched> Archive::download(const store::Object& object, const std::string& name, const std::string& destination,
                                  std::optional<std::uint64_t> cluster) {
  PGC_CHECK(is_readable(object.name));
  PGC_TRY(FileIn file, FileIn::create(destination));
  walg::Seal seal = seal_;
  seal.compression = walg::compression_of(object.name);
  PGC_TRY(auto decoder, walg::Decoder::make(seal, [&](std::string_view bytes) { return file.add(bytes); }));
  PGC_TRY([[maybe_unused]] const store::Got got,
          store_.get(object.name, {}, [&](std::string_view bytes) { return decoder.add(bytes); }));
  PGC_CHECK(decoder.finish());
  if (is_segment(name)) {
    PGC_TRY(const SegmentFacts facts, read_segment_facts(file.beginning(), name));
    PGC_CHECK(check_segment(facts, name, file.size(), cluster));
  } else if (file.size() == 0) {
    return fail(ErrorCode::InvalidInput, "the file is empty", "", name);
  }
  PGC_CHECK(file.publish());
  return Fetched{file.size(), object.name};
}

Result<Fetched> Archive::fetch(const std::string& name, const std::string& destination,
                               std::optional<std::uint64_t> cluster) {
  if (walg::wal_file_kind(name) == WalFileKind::Other)
    return fail(ErrorCode::InvalidInput,
                fmt::format("\"{}\" is no file of PostgreSQL's archive", store::shown_name(name)));
  PGC_TRY(const auto found, find(name));
  if (found.empty()) {
    const auto absent = is_certainly_absent(name);
    return fail(absent.error());
  }
  if (!cluster && is_segment(name)) {
    PGC_TRY(cluster, this->cluster());
  }
  // Where two programs stored it, one whole copy is enough.
  Result<Fetched> fetched = fail(ErrorCode::Bug, "nothing was tried");
  for (const auto& object : found) {
    fetched = download(object, name, destination, cluster);
    if (fetched) return fetched;
    if (fetched.error().code != ErrorCode::InvalidInput && fetched.error().code != ErrorCode::NotFound) break;
  }
  // It was listed: whatever is wrong with it, it is not absent.
  Error error = fetched.error();
  if (error.code == ErrorCode::NotFound) error.code = ErrorCode::Io;
  return with_context(std::move(error), found.front().name);
}

}  // namespace pgcontract::wal
