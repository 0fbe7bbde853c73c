#include "backup/complete.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/interrupt.hpp"
#include "base/version.hpp"
#include "wal/segment.hpp"
#include "walg/names.hpp"

namespace pgcontract::backup {
namespace {

constexpr std::chrono::milliseconds kPause{500};

// The object that holds this segment, under whatever extension; nothing where there is none.
Result<std::optional<store::Object>> find_segment(store::Store& store, const std::string& name) {
  std::optional<store::Object> found;
  const std::string prefix = std::string(walg::kWal) + name;
  const auto listed = store.list(prefix, "", [&](const store::Object& object) -> Result<bool> {
    const std::string rest = object.name.substr(prefix.size());
    if (rest.empty() || (walg::compression_of(object.name) != walg::Compression::None &&
                         rest == walg::extension(walg::compression_of(object.name))))
      found = object;
    return !found;
  });
  if (!listed && listed.error().code != ErrorCode::NotFound) return fail(listed.error());
  return found;
}

struct Looked {
  wal::SegmentFacts facts;
  std::string problem;
};

Result<Looked> look_at(store::Store& store, walg::Seal seal, const store::Object& object, const std::string& name,
                       const NeededWal& needed) {
  seal.compression = walg::compression_of(object.name);
  std::string head;
  std::uint64_t size = 0;
  PGC_TRY(auto decoder, walg::Decoder::make(seal, [&](std::string_view bytes) -> Result<void> {
            if (head.size() < wal::kLongHeader) head.append(bytes.substr(0, wal::kLongHeader - head.size()));
            size += bytes.size();
            return {};
          }));
  std::optional<Error> broken;
  const auto got = store.get(object.name, {}, [&](std::string_view bytes) -> Result<void> {
    auto added = decoder.add(bytes);
    if (!added) broken = added.error();
    return added;
  });
  if (!got && !broken) return fail(got.error());
  if (!broken)
    if (const auto finished = decoder.finish(); !finished) broken = finished.error();
  Looked looked;
  if (!broken) {
    auto facts = wal::read_segment_facts(head, object.name);
    if (facts) {
      looked.facts = *facts;
      const std::optional<std::uint64_t> identifier =
          needed.system_identifier ? std::optional(needed.system_identifier) : std::nullopt;
      if (auto checked = wal::check_segment(*facts, name, size, identifier); !checked) broken = checked.error();
    } else {
      broken = facts.error();
    }
  }
  if (broken) looked.problem = fmt::format("{}: {}", object.name, broken->message);
  return looked;
}

}  // namespace

Result<WalCheck> check_needed_wal(store::Store& store, const walg::Seal& seal, const NeededWal& needed,
                                  std::chrono::steady_clock::time_point until,
                                  const std::function<void(const std::string&)>& waiting) {
  std::uint64_t size = needed.segment_size;
  WalCheck check;
  if (size == 0) {
    // wal-g does not record it, but the first segment's own header does; its name is the backup's.
    size = walg::kDefaultSegmentSize;
    const std::string first = needed.backup.substr(5, 24);
    PGC_TRY(const auto object, find_segment(store, first));
    if (object) {
      PGC_TRY(const auto looked, look_at(store, seal, *object, first, needed));
      if (looked.facts.segment_size > 0) size = looked.facts.segment_size;
    }
  }
  const std::uint64_t last = (std::max(needed.finish, needed.start + 1) - 1) / size;
  for (std::uint64_t number = needed.start / size; number <= last;) {
    if (interrupt::abort_requested()) return fail(ErrorCode::Cancelled, "stopped by the user");
    const std::string name = walg::segment_name({needed.timeline, number}, size);
    PGC_TRY(const auto object, find_segment(store, name));
    if (!object) {
      if (std::chrono::steady_clock::now() < until) {
        if (waiting) waiting(name);
        std::this_thread::sleep_for(kPause);
        continue;
      }
      check.missing.push_back(name);
    } else {
      PGC_TRY(const auto looked, look_at(store, seal, *object, name, needed));
      if (!looked.problem.empty() && check.problem.empty()) check.problem = looked.problem;
      if (looked.problem.empty()) ++check.segments;
    }
    ++number;
  }
  return check;
}

Result<void> record_state(store::Store& store, const std::string& backup, BackupState state,
                          const std::string& detail) {
  const std::string text =
      fmt::format(R"({{"backup":"{}","state":"{}","at":"{}","program":"pgcontract {}"{}{}}})", backup, to_string(state),
                  format_instant(now()), kVersion, detail.empty() ? "" : ",", detail);
  PGC_CHECK(store::put_text(store, walg::state_key(backup, state), text));
  return {};
}

}  // namespace pgcontract::backup
