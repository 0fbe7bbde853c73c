// A proof in the JSON format; its schema stands beside it, so that both are read together.

#include "report/json_proof.hpp"

#include "report/schema_words.hpp"

namespace pgcontract::report {
namespace {

using namespace schema;

Json side_json(const Side& side) { return {{"tenants", side.tenants}, {"example", side.example}}; }

Json break_json(const Break& broken) {
  Json path = Json::array();
  for (const auto& edge : broken.path) path.push_back({{"from", edge.from}, {"by", edge.by}, {"to", edge.to}});
  Json demonstration = Json::array();
  for (const auto& act : broken.demonstration) demonstration.push_back({{"role", act.role}, {"sql", act.sql}});
  return {{"kind", broken.kind},
          {"clause", broken.clause},
          {"effect", to_string(broken.effect)},
          {"who", side_json(broken.who)},
          {"whom", side_json(broken.whom)},
          {"pairs", broken.pairs},
          {"object", {{"kind", broken.subject.kind}, {"label", broken.subject.label()}}},
          {"objects", broken.objects},
          {"path", path},
          {"certain", broken.certain},
          {"doubt", broken.doubt.empty() ? Json(nullptr) : Json(broken.doubt)},
          {"demonstration", demonstration}};
}

Json break_schema() {
  const Json side = about("how many tenants; the role of one of them, or the one role where it is no tenant",
                          record({{"tenants", whole()}, {"example", text()}}));
  return record({{"kind", text()},
                 {"clause", text()},
                 {"effect", one_of({"reads", "writes", "destroys", "becomes", "runs_code", "learns", "disturbs"})},
                 {"who", side},
                 {"whom", side},
                 {"pairs", whole()},
                 {"object", record({{"kind", text()}, {"label", text()}})},
                 {"objects", whole()},
                 {"path", list_of(record({{"from", text()}, {"by", text()}, {"to", text()}}))},
                 {"certain", type("boolean")},
                 {"doubt", text_or_null()},
                 {"demonstration", list_of(record({{"role", text()}, {"sql", text()}}))}});
}

}  // namespace

Json proof_json(const Proof& proof) {
  Json breaks = Json::array();
  for (const auto& broken : proof.breaks) breaks.push_back(break_json(broken));
  return {{"holds", proof.holds()},
          {"tenant", proof.tenant ? Json(proof.tenant->canonical()) : Json(nullptr)},
          {"tenants", proof.tenants},
          {"classes", proof.classes},
          {"shared_tables", proof.shared_tables},
          {"roles", proof.roles},
          {"objects", proof.objects},
          {"pairs", proof.pairs},
          {"broken_pairs", proof.broken_pairs},
          {"breaks", breaks}};
}

Json proof_schema() {
  Json schema = record({{"holds", type("boolean")},
                        {"tenant", text_or_null()},
                        {"tenants", whole()},
                        {"classes", whole()},
                        {"shared_tables", whole()},
                        {"roles", whole()},
                        {"objects", whole()},
                        {"pairs", whole()},
                        {"broken_pairs", whole()},
                        {"breaks", list_of(break_schema())}});
  schema["description"] = "of tenant prove: whether any tenant reaches another";
  return schema;
}

}  // namespace pgcontract::report
