#include "model/rehearsal.hpp"

namespace pgcontract {

std::string_view to_string(RungResult result) {
  switch (result) {
    case RungResult::NotTested: return "not_tested";
    case RungResult::Good: return "good";
    case RungResult::Broken: return "broken";
  }
  return "?";
}

}  // namespace pgcontract
