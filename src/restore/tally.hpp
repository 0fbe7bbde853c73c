#pragma once
// What was unpacked against what should have been, without a list of either: of each part the number of its members
// and a sum of their hashes, in whatever order they come. Only where sums differ is the disk asked which file it is.
// Inner header of restore/; the caller guards it.

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "restore/member_writer.hpp"

namespace pgcontract::restore {

class Tally {
 public:
  void add(const std::string& part, const Written& member);
  // Names alone, as wal-g keeps them.
  void add_name(const std::string& part, const std::string& name);
  struct Sum {
    std::uint64_t members = 0;
    std::array<std::uint64_t, 4> hashes{};
    bool operator==(const Sum&) const = default;
  };
  const std::map<std::string, Sum>& parts() const { return parts_; }

 private:
  void add_text(const std::string& part, const std::string& text);
  std::map<std::string, Sum> parts_;
};

}  // namespace pgcontract::restore
