#pragma once
// The lettering of a text report: marks, colours and separators for one Style. A value that borrows the Style; one
// thread.

#include <string>
#include <string_view>

#include "model/attack.hpp"
#include "model/finding.hpp"
#include "model/proof.hpp"
#include "model/step.hpp"
#include "report/render.hpp"

namespace pgcontract::report {

enum class Ink { Plain, Bold, Dim, Green, Red, Yellow };

class Page {
 public:
  explicit Page(const Style& style);

  const Style& style() const { return style_; }
  int width() const { return width_; }
  std::string_view dot() const { return style_.unicode ? " · " : ", "; }
  std::string_view ellipsis() const { return style_.unicode ? "…" : "..."; }

  // Takes text that is visible() already.
  std::string paint(Ink ink, std::string_view text) const;
  // ✔ ✘ ~ ?, or a padded word in ASCII; painted. All marks have mark_columns().
  std::string mark(Verdict verdict) const;
  std::string mark(StepState state) const;
  int mark_columns() const { return style_.unicode ? 1 : 7; }
  std::string shortened(std::string_view text, int columns) const;

 private:
  const Style& style_;
  int width_;
};

// The parts of a text report, each empty or ending with a newline. `text_verdicts.cpp` and so on.
std::string verdicts_text(const Verdicts& verdicts, const Page& page);
std::string proof_text(const Proof& proof, const Page& page);
std::string plan_text(const Plan& plan, const Page& page);
std::string application_text(const Application& application, const Page& page);
std::string attacks_text(const AttackRun& run, const Page& page);
std::string table_text(const Table& table, const Page& page);
std::string error_text(const Error& error, const Page& page);

// "alembic -c 'a file.ini' upgrade head", as a shell would take it.
std::string command_line(const Program& program);

}  // namespace pgcontract::report
