#pragma once
// What a program was heard to say to the server: its statements, one by one, in the order in which they were sent, with
// what became of each. A value; filled by the proxy, read by revisions.hpp.

#include <string>
#include <vector>

namespace pgcontract::record {

struct Sent {
  int session = 0;
  int message = 0;              // statements of one simple-query message share it
  std::string text;             // without semicolon, parameters put in
  std::string unclear;          // why it cannot be sent again as text; empty: it can
  bool in_transaction = false;  // a transaction block was open when the message was sent
  bool finished = false;        // well
  bool failed = false;
  int rows = 0;  // that came back
};

struct Transcript {
  std::vector<Sent> statements;
  int sessions = 0;     // that were opened
  std::string refused;  // the first session that was not, and why
};

}  // namespace pgcontract::record
