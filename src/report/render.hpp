#pragma once
// The door of report/: what a command has to say (model/report.hpp) as text, JSON, JUnit, SARIF or Markdown. Nothing is
// decided here: no verdict, no exit code, no order but that of the input. Values in, a string out; any thread.

#include <string>

#include "model/report.hpp"

namespace pgcontract::report {

// How text is shown. The other formats look at none of it.
struct Style {
  bool colour = false;   // escape sequences; only for a terminal, and never with NO_COLOR
  bool unicode = true;   // ✔ and …; else plain ASCII words
  int width = 100;       // columns; statements and tables are never cut to it
  bool verbose = false;  // nothing folded
  bool quiet = false;    // only what asks for attention: broken clauses, steps, failures, the closing lines
};

// Ends with a newline, unless empty. Whatever bytes names and messages hold, a terminal gets no control character from
// them and JSON and XML stay well-formed.
std::string render(const Report& report, Format format, const Style& style);

// "pgcontract: error: contract.yaml:3:1: message" and its hint, as text for stderr.
std::string render_error(const Error& error, const Style& style);

// JSON Schema (2020-12) of Format::Json; published as doc/report.schema.json.
std::string report_json_schema();

}  // namespace pgcontract::report
