#pragma once
// Where a revision's text says that `alembic --sql` may print something else than Alembic would do on a connection:
// values made when it runs, defaults that only Python knows, answers of the database that are looked at, text that is
// printed otherwise than it is sent. Such a revision is left to Alembic. A list of what is known, on the safe side: a
// name that is in it and harmless costs time only. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>

namespace pgcontract::fleet {

struct Doubt {
  std::string reason;
  bool own_values = false;  // each run makes values of its own: one run's must not serve for several schemas
};

// `python`: a revision's file.
std::optional<Doubt> doubt_of_source(std::string_view python);
// It calls what stands in files of its own, of which we see nothing: render it twice.
bool imports_others(std::string_view python);
// `sql`: a rendered statement.
std::optional<Doubt> doubt_of_rendered(std::string_view sql);

}  // namespace pgcontract::fleet
