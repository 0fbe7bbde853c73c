#pragma once
// What drills left in the store: drills/<id>.json, each the report of one run. Of the newest the outcome is read, of
// the others that they were. One listing and one small object; one thread.

#include <vector>

#include "base/result.hpp"
#include "model/backup.hpp"
#include "store/store.hpp"

namespace pgcontract::backup {

Result<std::vector<DrillRecord>> read_drills(store::Store& store);

}  // namespace pgcontract::backup
