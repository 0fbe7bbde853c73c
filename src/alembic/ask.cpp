#include "alembic/ask.hpp"
#include "alembic/command.hpp"

#include <fmt/format.h>

#include "base/process.hpp"

namespace pgcontract::alembic {
namespace {

constexpr int kDeadlineMs = 60'000;
constexpr char kList = '\x1d', kField = '\x1f', kRecord = '\x1e';

// Arguments: alembic.ini, section, files. What the files print goes to stderr; the answer is records of fields.
constexpr std::string_view kProgram = R"python(
import os, sys
answer = os.dup(1)
os.dup2(2, 1)
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import load_python_file

def texts(value):
    if value is None or value == "":
        return []
    return list(dict.fromkeys([value] if isinstance(value, str) else value))

def header(path):
    try:
        module = load_python_file(os.path.dirname(path), os.path.basename(path))
        fields = ["", module.revision]
        for name in ("down_revision", "branch_labels", "depends_on"):
            fields.append("\x1d".join(texts(getattr(module, name, None))))
        return fields + [(module.__doc__ or "").strip().split("\n\n")[0]]
    except Exception as error:
        return ["%s: %s" % (type(error).__name__, error), "", "", "", "", ""]

ScriptDirectory.from_config(Config(sys.argv[1], ini_section=sys.argv[2]))
with os.fdopen(answer, "w", encoding="utf-8") as out:
    for path in sys.argv[3:]:
        out.write("\x1f".join(header(path)) + "\x1e")
)python";

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> out;
  while (true) {
    const auto end = text.find(at);
    out.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}
std::vector<std::string> list(const std::string& text) {
  return text.empty() ? std::vector<std::string>{} : split(text, kList);
}

}  // namespace

Ask ask_alembic(const Contract& contract) {
  return [&contract](const std::string& section, const std::vector<std::string>& paths) -> Result<std::vector<Asked>> {
    const Migrations& migrations = *contract.migrations;
    ProcessRequest request;
    request.arguments = {python_of(migrations.command), "-c", std::string(kProgram), migrations.config, section};
    request.arguments.insert(request.arguments.end(), paths.begin(), paths.end());
    request.directory = contract.directory;
    request.environment = {{"PYTHONDONTWRITEBYTECODE", "1"}};
    request.deadline_ms = kDeadlineMs;
    PGC_TRY(const ProcessResult result, run_process(request));
    std::vector<Asked> out;
    for (const auto& record : split(result.output, kRecord)) {
      const auto fields = split(record, kField);
      if (fields.size() != 6) continue;
      Asked asked{{}, fields[0]};
      asked.revision.id = fields[1];
      asked.revision.down = list(fields[2]);
      asked.revision.labels = list(fields[3]);
      asked.revision.depends_on = list(fields[4]);
      asked.revision.message = fields[5];
      out.push_back(std::move(asked));
    }
    if (result.exit_code == 0 && out.size() == paths.size()) return out;
    return fail(ErrorCode::Process, last_line(result.error_output));
  };
}

}  // namespace pgcontract::alembic
