#include "rehearse/models.hpp"

#include <span>

#include "act/program.hpp"
#include "alembic/command.hpp"
#include "base/embedded.hpp"
#include "model/observation.hpp"

namespace pgcontract::rehearse {

std::span<const EmbeddedText> embedded_texts();

namespace {

constexpr int kLockTimeoutMs = 30'000;
constexpr std::string_view kMark = "pgcontract models: ";

}  // namespace

ModelsCheck models_answer(std::string_view output) {
  ModelsCheck check;
  bool answered = false;
  while (!output.empty()) {
    const auto end = output.find('\n');
    std::string_view line = output.substr(0, end);
    output = end == std::string_view::npos ? std::string_view{} : output.substr(end + 1);
    if (!line.starts_with(kMark)) continue;
    line.remove_prefix(kMark.size());
    const auto blank = line.find(' ');
    const auto word = line.substr(0, blank);
    const auto text = blank == std::string_view::npos ? std::string_view{} : line.substr(blank + 1);
    answered = true;
    if (word == "differs") check.differences.emplace_back(text);
    if (word == "unchecked") check.unchecked = text;
  }
  if (!answered) check.unchecked = "env.py runs no migrations online";
  return check;
}

ModelsCheck check_models(const Contract& contract, const DisposableDatabase& database, const Stage& stage) {
  const Program program{{"python3", "-c", std::string(find_embedded(embedded_texts(), "models.py")),
                         contract.migrations->config, stage.section()},
                        database.owner(),
                        quoted(stage.schema().name)};
  const auto ran = act::run_program(contract, database.dsn(), program, kLockTimeoutMs);
  ModelsCheck check = ran ? models_answer(*ran) : ModelsCheck{{}, alembic::last_line(ran.error().message), {}};
  check.section = stage.section();
  return check;
}

}  // namespace pgcontract::rehearse
