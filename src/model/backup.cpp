#include "model/backup.hpp"

namespace pgcontract {

std::string_view to_string(BackupState state) {
  switch (state) {
    case BackupState::Taken: return "taken";
    case BackupState::Complete: return "complete";
    case BackupState::Verified: return "verified";
    case BackupState::Proven: return "proven";
  }
  return "";
}

}  // namespace pgcontract
