#pragma once
// The names of relations' files: "16390", "16390_fsm", "16390.2", "t3_16390". Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pgcontract::backup {

struct RelationName {
  std::string node;  // "16390"
  std::string fork;  // "", "fsm", "vm", "init"
  std::uint32_t segment = 0;
  bool temporary = false;  // a session's own, gone with it
};
std::optional<RelationName> relation_name(std::string_view file_name);

}  // namespace pgcontract::backup
