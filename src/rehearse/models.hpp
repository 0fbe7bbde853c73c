#pragma once
// Whether the models and the migrations make the same tables: Alembic's own autogenerate, asked for a schema that the
// migrations have built. Starts Python, the one that Alembic runs with. Values; one thread.

#include <string>
#include <vector>

#include "model/contract.hpp"
#include "rehearse/stage.hpp"

namespace pgcontract::rehearse {

struct ModelsCheck {
  std::string section;
  std::string unchecked;                 // why autogenerate could not be asked; empty: it answered
  std::vector<std::string> differences;  // what it would add to a revision: "op.add_column('reports', …)"
};

// `stage` stands at the heads.
ModelsCheck check_models(const Contract& contract, const DisposableDatabase& database, const Stage& stage);

// The answer of models.py, in its last line. Pure.
ModelsCheck models_answer(std::string_view output);

}  // namespace pgcontract::rehearse
