#include "model/proof.hpp"

namespace pgcontract {

std::string_view to_string(Effect effect) {
  switch (effect) {
    case Effect::Reads: return "reads";
    case Effect::Writes: return "writes";
    case Effect::Destroys: return "destroys";
    case Effect::Becomes: return "becomes";
    case Effect::RunsCode: return "runs_code";
    case Effect::Learns: return "learns";
    case Effect::Disturbs: return "disturbs";
  }
  return "?";
}

}  // namespace pgcontract
