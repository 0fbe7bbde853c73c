#pragma once
// Where in a revision file a statement of its SQL comes from, read from the Python tokens: Alembic's SQL names the
// revision and no line. Values; pure; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "alembic/python_token.hpp"
#include "lint/statement.hpp"

namespace pgcontract::lint {

// One logical line of a function's body.
struct SourceLine {
  int line = 0;
  std::vector<alembic::PythonToken> tokens;
};

enum class BodyShape { Missing, Empty, Raises, Works };
struct FunctionOutline {
  BodyShape shape = BodyShape::Missing;
  int line = 1;  // of its def
  std::vector<SourceLine> lines;
};

struct Outline {
  FunctionOutline upgrade;
  FunctionOutline downgrade;
};
Outline outline_of(std::string_view source);

// Finds statements in the order in which they run: each at or behind the one before, where the file has them so.
class Placer {
 public:
  explicit Placer(const FunctionOutline& function) : function_(function) {}
  // The index of the logical line in the function; -1 where nothing names the statement's objects.
  int place(const Statement& statement);

 private:
  const FunctionOutline& function_;
  std::size_t from_ = 0;
};

// The line in the file: of the first of `words` within the logical line, else of that line, else of `def`.
int line_of(const FunctionOutline& function, int index, const std::vector<std::string>& words);

}  // namespace pgcontract::lint
