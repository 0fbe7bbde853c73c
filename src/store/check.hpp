#pragma once
// Tries a store: what backups need of it, one attempt after the other, with objects of its own below a name of its own,
// which it removes. For the person who sets a store up, and for a server of a make nobody has tried yet.

#include <functional>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace pgcontract::store {

enum class TrialState {
  Good,
  Weak,     // works, but less surely than it could; the sentence says what that means
  Missing,  // backups need it
  Untried,  // because something it builds on is missing
};
std::string_view to_string(TrialState state);  // "ok", "weak", "missing", "untried"

struct Trial {
  std::string name;  // "put", "if_absent"
  TrialState state = TrialState::Untried;
  std::string found;  // what it means, as a sentence without a full stop
  std::string hint;   // of what is missing; may be empty
  double seconds = 0;
};

// `on_trial` is called with the name of each before it begins. An Error only where nobody answered, or the user
// aborted.
Result<std::vector<Trial>> try_store(Store& store, const std::function<void(std::string_view)>& on_trial);

}  // namespace pgcontract::store
