#pragma once
// What became of each revision when it was tried on a disposable database: up, down, up again, and each a second time.
// Values; filled by rehearse/, judged by compare/ from the evidence that they are written down as.

#include <string>
#include <string_view>
#include <vector>

namespace pgcontract {

enum class RungResult { NotTested, Good, Broken };
std::string_view to_string(RungResult result);  // "not_tested", "good", "broken"

struct Rung {
  RungResult result = RungResult::NotTested;
  std::string message;  // what broke, or why it was not tested; may be empty where it is good
};

struct RevisionRehearsal {
  std::string section;
  std::string revision;
  std::string where;  // file:line
  Rung up;
  Rung down;        // and the schema is as before
  Rung up_again;    // and the schema is as after the first
  Rung up_twice;    // its SQL once more, without the moves of the version rows
  Rung down_twice;  // likewise
  Rung locks;       // of the upgrade
  std::string label() const { return section + "/" + revision; }
};

struct Rehearsal {
  std::vector<RevisionRehearsal> revisions;
};

}  // namespace pgcontract
