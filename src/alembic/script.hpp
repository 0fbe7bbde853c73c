#pragma once
// What `alembic upgrade … --sql` printed, cut into revisions and statements, so that it can be applied to many schemas
// without Alembic. Values; they own their text. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pgcontract::alembic {

struct RenderedStatement {
  std::string text;           // without the final semicolon
  bool transactional = true;  // false: Alembic put it outside of a transaction (autocommit_block)
  int transaction = 0;        // statements of one number run in one transaction; counts Alembic's BEGINs
};

struct RenderedRevision {
  bool upgrade = true;                        // false: a downgrade
  std::vector<std::string> from;              // ids; none at the base, several at a merge
  std::vector<std::string> to;                // one id of an upgrade
  std::vector<RenderedStatement> statements;  // the version row's among them, in the order to run
};

// Alembic's own BEGIN and COMMIT are left out: whoever applies the script sets the transactions. What stands before the
// first revision (the version table's CREATE TABLE) belongs to it. Unsupported where the script cannot be applied
// through a connection as it is: COPY through the client, backslash commands, statements that end a transaction
// themselves. `cut_off`: Alembic failed while it rendered; the last revision, which is not whole, is left out.
Result<std::vector<RenderedRevision>> split_rendered(std::string_view sql, bool cut_off = false);

// The script without what env.py printed before and behind it.
std::string_view without_chatter(std::string_view printed);
// The last "-- Running" mark: where Alembic failed, the revision that it was at.
Result<RenderedRevision> last_revision(std::string_view printed);

}  // namespace pgcontract::alembic
