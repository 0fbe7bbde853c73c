#pragma once
// Takes one schema through its script on one connection: part by part, each guarded, so that a part whose answer was
// lost is found done and not repeated. One thread each; the connection is opened when it is first needed.

#include <optional>
#include <string>

#include "fleet/alone.hpp"
#include "fleet/message.hpp"
#include "fleet/script.hpp"
#include "model/contract.hpp"
#include "model/step.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::fleet {

// A schema on its way.
struct Passage {
  FleetSchema schema;
  const Script* script = nullptr;
  int step = 0;               // its number in the journal
  std::size_t part = 0;       // the next one
  std::size_t statement = 0;  // of an autocommit part: likewise
  bool begun = false;         // that statement was sent before, and nobody knows what became of it
  bool answer_lost = false;   // of a message of this part, its COMMIT maybe
  std::string mark;           // of an earlier run that came as far as that, within a revision
  bool moved_by_others = false;
  StepState state = StepState::NotRun;
  std::optional<Error> error;
  int attempts = 0;
  double duration_seconds = 0;
};

// What a transaction was seen to hold just before its COMMIT.
struct LocksSeen {
  int count = 0;
  std::string shared;   // the first relation of another schema that it locks against writers; empty: none
  std::string changed;  // the first relation of another schema that it changes the definition of
};

class Runner {
 public:
  Runner(const Contract& contract, const postgres::Dsn& dsn, const Setting& setting)
      : contract_(contract), dsn_(dsn), setting_(setting) {}

  // One attempt at all parts that are left. An error leaves `passage.part` at the one to try again.
  Result<void> advance(Passage& passage, LocksSeen* locks = nullptr);
  int backend_pid() const { return connection_ && !connection_->is_lost() ? connection_->backend_pid() : 0; }

 private:
  Result<postgres::Connection*> connected();
  Result<void> transaction(Passage& passage, LocksSeen* locks);
  Result<void> commit_after_a_look(postgres::Connection& connection, const Passage& passage, LocksSeen& locks);
  Result<void> autocommit(Passage& passage);
  Result<void> statements_alone(postgres::Connection& connection, Passage& passage);
  Result<void> with_its_mark(postgres::Connection& connection, Passage& passage);
  Result<void> by_itself(postgres::Connection& connection, Passage& passage, Alone alone);
  Result<void> write_mark(postgres::Connection& connection, const Passage& passage, const std::string& mark);
  Result<void> delegate(Passage& passage);
  void next_part(Passage& passage);
  // The version rows are not as expected: goes on where they say. False: they are none of those on the way.
  Result<bool> find_place(Passage& passage, const std::vector<std::string>& rows);
  // The same, or refuses.
  Result<void> look_again(Passage& passage);
  Result<LocksSeen> locks_held(postgres::Connection& connection, const std::string& schema);

  const Contract& contract_;
  const postgres::Dsn& dsn_;
  const Setting& setting_;
  std::optional<postgres::Connection> connection_;
};

}  // namespace pgcontract::fleet
