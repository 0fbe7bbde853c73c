#pragma once
// What a person has to go over in a revision that autogenerate has written: lines that cannot be run twice, that lose
// rows where something was renamed, a downgrade that does nothing. By the text alone; what it does is tried elsewhere.
// Values. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

namespace pgcontract::alembic {

struct DraftEdit {
  int line = 0;
  std::string what;  // "op.create_table"
  std::string why;   // and what to write instead
};

struct Draft {
  bool has_upgrade = false;    // something other than `pass`
  bool has_downgrade = false;  // likewise
  std::vector<DraftEdit> edits;
};

// `scratch` is a word that only the database has which it was generated against: it must not be in the file.
Draft read_draft(std::string_view source, std::string_view scratch);

}  // namespace pgcontract::alembic
