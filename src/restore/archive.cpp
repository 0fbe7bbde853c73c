#include "restore/archive.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace pgcontract::restore {
namespace {

constexpr std::size_t kLongestHistory = std::size_t{1} << 20;
constexpr std::array<std::string_view, 6> kExtensions = {"", ".zst", ".lz4", ".lzma", ".gz", ".br"};

std::string_view without_extension(std::string_view file) {
  for (const auto extension : kExtensions)
    if (!extension.empty() && file.ends_with(extension)) return file.substr(0, file.size() - extension.size());
  return file;
}

Result<std::string> read_small(store::Store& store, const std::string& key, walg::Seal seal) {
  seal.compression = walg::compression_of(key);
  std::string text;
  PGC_TRY(auto decoder, walg::Decoder::make(seal, [&](std::string_view bytes) -> Result<void> {
            text += bytes;
            if (text.size() <= kLongestHistory) return {};
            return fail(ErrorCode::InvalidInput, "is larger than any history file", "", key);
          }));
  auto got = store.get(key, {}, [&](std::string_view bytes) { return decoder.add(bytes); });
  if (!got) return with_context(got.error(), key);
  if (auto done = decoder.finish(); !done) return with_context(done.error(), key);
  return text;
}

void add_segment(Archive& archive, const walg::Segment& segment, const store::Object& object) {
  auto& runs = archive.runs[segment.timeline];
  // Listed in the order of names, so a segment that is there twice, compressed otherwise, comes right behind itself.
  if (!runs.empty() && runs.back().last == segment.number) return;
  if (runs.empty() || runs.back().last + 1 != segment.number)
    runs.push_back({segment.number, segment.number, 0, object.modified, object.modified});
  runs.back().last = segment.number;
  runs.back().bytes += object.size;
  runs.back().last_time = std::max(runs.back().last_time, object.modified);
}

}  // namespace

Result<std::vector<Switch>> parse_history(std::string_view text, const std::string& where) {
  std::vector<Switch> switches;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos || line.front() == '#') continue;
    Switch one;
    const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), one.parent);
    line.remove_prefix(static_cast<std::size_t>(rest - line.data()));
    const auto blank = line.find_first_not_of(" \t");
    if (blank != std::string_view::npos) line.remove_prefix(blank);
    const auto lsn = walg::parse_lsn(line.substr(0, line.find_first_of(" \t\r")));
    if (error != std::errc{} || !lsn || (!switches.empty() && one.parent <= switches.back().parent))
      return fail(ErrorCode::InvalidInput, "is no history of a timeline",
                  "It was damaged, or something else was stored under its name.", where);
    one.at = *lsn;
    switches.push_back(one);
  }
  return switches;
}

Result<Archive> read_archive(store::Store& store, const walg::Seal& seal, std::uint64_t segment_size) {
  Archive archive;
  archive.segment_size = segment_size;
  std::vector<std::string> histories;
  const std::string prefix(walg::kWal);
  PGC_CHECK(store.list(prefix, "", [&](const store::Object& object) -> Result<bool> {
    const std::string_view file = std::string_view(object.name).substr(prefix.size());
    const std::string_view name = without_extension(file);
    if (const auto segment = walg::parse_segment(name, segment_size)) add_segment(archive, *segment, object);
    if (walg::wal_file_kind(name) == walg::WalFileKind::History) histories.push_back(object.name);
    return true;
  }));
  for (const auto& key : histories) {
    std::uint32_t timeline = 0;
    std::from_chars(key.data() + prefix.size(), key.data() + prefix.size() + 8, timeline, 16);
    const auto text = read_small(store, key, seal);
    const auto switches = text ? parse_history(*text, key) : tl::unexpected(text.error());
    if (switches)
      archive.histories[timeline] = *switches;
    else
      archive.broken_histories[timeline] = switches.error().describe();
  }
  return archive;
}

Result<std::string> find_wal_object(store::Store& store, const std::string& file) {
  std::string found;
  const std::string prefix = std::string(walg::kWal) + file;
  PGC_CHECK(store.list(prefix, "", [&](const store::Object& object) -> Result<bool> {
    const std::string_view rest = std::string_view(object.name).substr(prefix.size());
    for (const auto extension : kExtensions)
      if (rest == extension) found = object.name;
    return true;
  }));
  return found;
}

}  // namespace pgcontract::restore
