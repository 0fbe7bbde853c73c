#include "model/finding.hpp"

#include <algorithm>

#include "model/observation.hpp"

namespace pgcontract {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::Holds: return "holds";
    case Verdict::Broken: return "broken";
    case Verdict::Waived: return "waived";
    case Verdict::Unknown: return "unknown";
    case Verdict::Warned: return "warned";
  }
  return "unknown";
}

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::Error: return "error";
    case Severity::Warning: return "warning";
    case Severity::Note: return "note";
  }
  return "error";
}

std::string Subject::label() const {
  // Functions carry their argument list, settings a dot, files a slash: those are names already.
  const bool identifier = kind != "function" && kind != "setting" && kind != "file" && kind != "waiver" &&
                          kind != "revision" && kind != "server" && kind != "attack" && kind != "backup";
  const auto show = [&](const std::string& text) { return identifier ? quoted(text) : text; };
  std::string text;
  for (const auto& piece :
       {schema.empty() ? schema : quoted(schema), name.empty() ? name : show(name), part.empty() ? part : show(part)}) {
    if (piece.empty()) continue;
    if (!text.empty()) text += '.';
    text += piece;
  }
  return text;
}

bool Finding::tagged(std::string_view tag) const { return std::ranges::find(tags, tag) != tags.end(); }

int Verdicts::count(Verdict verdict) const {
  return static_cast<int>(std::ranges::count(clauses, verdict, &ClauseResult::verdict));
}

const ClauseResult* Verdicts::find(std::string_view clause) const {
  const auto at = std::ranges::find(clauses, clause, &ClauseResult::clause);
  return at == clauses.end() ? nullptr : &*at;
}

}  // namespace pgcontract
