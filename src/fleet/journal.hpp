#pragma once
// A fleet's run in pgcontract.job and job_step: one row a schema, written in bulk. The version rows, which move in the
// same transaction as the change, are the truth; the journal says what was planned, what became of it, and from where
// to where each schema went, so that `migrate down --job` can take back exactly that. On the connection that holds the
// lock; one thread.

#include <string>
#include <vector>

#include "act/act.hpp"
#include "fleet/runner.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::fleet {

struct Mark {
  int step = 0;
  StepState state = StepState::Done;
  std::string error;
};

class FleetJournal {
 public:
  FleetJournal(Uuid job, act::JobDescription description) : job_(job), description_(std::move(description)) {}

  Result<void> begin(postgres::Connection& side, const std::vector<Passage>& passages);
  Result<void> mark(postgres::Connection& side, const std::vector<Mark>& marks) const;
  // After the lock was lost and taken again: its taking closes what seemed dead.
  Result<void> go_on(postgres::Connection& side) const;
  Result<void> finish(postgres::Connection& side, const std::vector<Passage>& passages) const;

 private:
  Uuid job_;
  act::JobDescription description_;
};

// "tenant_4f…: a -> b", a job's step as the journal names it.
std::string movement(const std::string& schema, const Script& script);

// A schema as one job left it, read back.
struct Movement {
  std::string schema;
  std::vector<std::string> from;
  std::vector<std::string> to;
  std::string part_mark;    // "part 4f… 9ab3…": cut off in the middle of a revision; else empty
  std::string identity;     // of the version rows at that moment
  bool is_done = false;     // else the job failed or was killed here: it may have moved, or come half way
  bool has_failed = false;  // it came to its end and said so
  bool is_certain = true;   // of a mark: nobody has moved the rows since
};
std::optional<Movement> parse_movement(std::string_view object);

// What a job moved or may have moved; not what others had moved before it came, or a later job moved after it had
// failed. NotFound where there is no such job of migrations.
Result<std::vector<Movement>> movements_of(postgres::Connection& connection, const Uuid& job);
// Where earlier runs were cut off in the middle of a revision, and nobody has moved the rows since.
Result<std::vector<Movement>> unfinished(postgres::Connection& connection, const std::string& version_table);
// Sets those passages behind what is done already, or gives them an error where their script does not know the mark.
Result<void> resume(postgres::Connection& side, const std::string& version_table, std::vector<Passage>& passages);

}  // namespace pgcontract::fleet
