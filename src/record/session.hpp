#pragma once
// One session that goes through the proxy: the program's side, the server's side, and what is heard in between. Bytes
// are passed on as they are, but for the row counts that a listener was told to change. Owned by the proxy's thread.

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/file_descriptor.hpp"
#include "postgres/raw_session.hpp"
#include "record/transcript.hpp"
#include "record/wire.hpp"

namespace pgcontract::record {

// Whether row counts are told one too high, once for each statement: a program that goes by them then says something
// else than before. Statements that name `truthful` (the version table, whose counts Alembic checks) are left alone.
struct Counts {
  bool changed = false;
  std::string truthful;
};

// Listens to the messages of one session. Pure but for its transcript.
class Listener {
 public:
  Listener(Transcript& transcript, int session, Counts counts)
      : transcript_(transcript), session_(session), counts_(std::move(counts)) {}

  void from_client(const Message& message);
  // What the client is to get instead; nullopt: the message as it is.
  std::optional<std::string> from_server(const Message& message);
  bool is_waiting() const { return !pending_.empty(); }

 private:
  static constexpr int kSync = -1;
  struct Prepared {
    std::string text;
    std::vector<std::int32_t> types;
  };

  void query(std::string_view text);
  void parse(Fields fields);
  void bind(Fields fields);
  void execute(Fields fields);
  void log(std::string text, std::string unclear);
  Sent* front();
  std::optional<std::string> completed(std::string_view tag);

  Transcript& transcript_;
  int session_;
  Counts counts_;
  int messages_ = 0;
  bool in_transaction_ = false;
  std::map<std::string, Prepared, std::less<>> prepared_;
  struct Portal {
    std::string text;
    std::string unclear;
    bool used = false;
  };
  std::map<std::string, Portal, std::less<>> portals_;
  std::deque<int> pending_;  // indexes into the transcript; kSync where the server will be ready for the next message
  std::set<std::string> told_;
};

}  // namespace pgcontract::record
