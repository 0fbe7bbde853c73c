#include "compare/declarations.hpp"
#include "compare/schema/existence.hpp"

namespace pgcontract::compare {
namespace {

Examined check(const Judged& judged) { return check_schema_exists(judged, judged.contract.schemas.application.name); }

}  // namespace

const Clause kSchemaApplication = {
    .id = "schema.application",
    .title = "the application has its schema",
    .sentence = "Primary application schema: stratmaster_api (API models, task queues).",
    .why =
        "Grants, search paths and migrations all name it. Where it is missing, an unqualified CREATE TABLE lands in "
        "whatever schema comes next on the path.",
    .needs = {Fact::Schemas},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
