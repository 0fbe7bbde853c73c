#include "wal/inventory.hpp"

#include <fmt/format.h>

#include <string>

#include "walg/codec.hpp"

namespace pgcontract::wal {
namespace {

constexpr std::size_t kMostDamaged = 20;
constexpr std::size_t kLargestHistory = std::size_t{1} << 20;
constexpr std::uint64_t kSmallestObject = 100;  // no segment is compressed to less
constexpr std::uint64_t kTellEvery = 1000;

}  // namespace

Result<Inventory> read_inventory(Archive& archive, const std::function<void(std::uint64_t objects)>& seen) {
  Inventory inventory;
  PGC_TRY(const auto first, archive.first_segment());
  if (first) {
    inventory.segment_size = first->segment_size;
    inventory.system_identifier = first->system_identifier;
  }
  std::vector<std::uint32_t> histories;
  std::uint64_t objects = 0;
  PGC_CHECK(archive.store().list(std::string(walg::kWal), "", [&](const store::Object& object) -> Result<bool> {
    if (seen && ++objects % kTellEvery == 0) seen(objects);
    const auto name = file_of_key(object.name);
    const auto kind = walg::wal_file_kind(name);
    if (kind == walg::WalFileKind::History)
      histories.push_back(static_cast<std::uint32_t>(std::stoul(std::string(name.substr(0, 8)), nullptr, 16)));
    const auto segment = walg::parse_segment(name, inventory.segment_size);
    if (!segment) return true;
    if (object.size >= kSmallestObject)
      inventory.add(*segment, object.modified);
    else if (inventory.damaged.size() < kMostDamaged)
      inventory.damaged.push_back(fmt::format("{} has {} bytes", object.name, object.size));
    return true;
  }));
  for (const auto timeline : histories) {
    PGC_TRY(const auto text, archive.text(walg::history_name(timeline), kLargestHistory));
    auto switches = parse_history(text, walg::history_name(timeline));
    if (switches)
      inventory.histories.emplace(timeline, *std::move(switches));
    else if (inventory.damaged.size() < kMostDamaged)
      inventory.damaged.push_back(switches.error().describe());
  }
  return inventory;
}

}  // namespace pgcontract::wal
