#pragma once
// The settings of a restored cluster's recovery (docs §20.5.5), written into its postgresql.auto.conf in place of any
// that came with it. A restored cluster never archives: its WAL would go into the archive it was made from.

#include <string>

#include "base/result.hpp"
#include "restore/plan.hpp"

namespace pgcontract::restore {

struct Recovery {
  Target target;
  std::string restore_command;
  std::string action = "promote";  // when the target is reached; or pause
};

// Lines of a configuration file.
std::string recovery_settings(const Recovery& recovery);
// 'text' as a configuration file quotes it.
std::string quoted_setting(std::string_view text);
// postgresql.auto.conf without the settings that recovery_settings() makes, and with these.
std::string with_recovery(std::string_view auto_conf, std::string_view settings);

}  // namespace pgcontract::restore
