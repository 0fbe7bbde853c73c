// The attacks in the JSON format.

#include <nlohmann/json.hpp>

#include "report/json_text.hpp"

namespace pgcontract::report {

nlohmann::ordered_json attacks_json(const AttackRun& run) {
  using Json = nlohmann::ordered_json;
  const auto or_null = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); };
  Json outcomes = Json::array();
  for (const auto& outcome : run.outcomes)
    outcomes.push_back({{"id", outcome.id},
                        {"title", outcome.title},
                        {"kind", outcome.kind},
                        {"clause", or_null(outcome.clause)},
                        {"result", to_string(outcome.result)},
                        {"sqlstate", or_null(outcome.sqlstate)},
                        {"answer", or_null(outcome.answer)},
                        {"promise", outcome.promise}});
  return {{"corpus_sha256", run.corpus_sha256},
          {"server_version", run.server_version},
          {"profile", run.profile},
          {"with", or_null(run.with)},
          {"whole", run.whole},
          {"recorded", run.recorded},
          {"refused", run.count(AttackResult::Refused)},
          {"succeeded", run.count(AttackResult::Succeeded)},
          {"residual", run.count(AttackResult::Residual)},
          {"not_judged", run.count(AttackResult::NotJudged)},
          {"outcomes", std::move(outcomes)}};
}

}  // namespace pgcontract::report
