// A SECURITY DEFINER function lends its owner's privileges to the caller. With the caller's search_path it also runs
// the caller's operators and tables with them.

#include <fmt/format.h>

#include "compare/declarations.hpp"
#include "compare/tenancy/wording.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::compare {
namespace {

Examined check(const Judged& judged) {
  if (!judged.contract.tenancy) return wording::no_tenancy();
  const Observation& o = judged.observation;
  Examined result;
  std::size_t count = 0;
  for (const auto& function : o.functions) {
    if (!function.security_definer || function.from_extension) continue;
    ++count;
    const std::string_view word = function.kind == 'p' ? "PROCEDURE" : "FUNCTION";
    const std::string name = o.name_of(function);
    const Schema* home = o.schema(function.schema);
    if (!tenancy::is_pinned(function))
      result.findings.push_back(wording::finding(
          subject_of(o, function), "is SECURITY DEFINER without a search_path that ends in pg_temp", {"unpinned"},
          fmt::format("ALTER {} {} SET search_path = pg_catalog, {}, pg_temp", word, name,
                      quoted(home ? home->name : "?"))));
    // No acl at all means that PUBLIC may call it: the one kind of object where silence is a grant.
    if (!privileges_of(effective_acl(function.acl, 'f', o.role_name(function.owner)), "").empty())
      result.findings.push_back(wording::finding(subject_of(o, function),
                                                 "is SECURITY DEFINER and PUBLIC holds EXECUTE", {"public_execute"},
                                                 fmt::format("REVOKE EXECUTE ON {} {} FROM PUBLIC", word, name)));
  }
  result.examined = counted(count, "SECURITY DEFINER function");
  return result;
}

}  // namespace

const Clause kTenancyDefinerFunctionsPinned = {
    .id = "tenancy.definer_functions_pinned",
    .title = "every SECURITY DEFINER function has a pinned search_path and is not for everybody to call",
    .sentence = "A SECURITY DEFINER function ensures tenants cannot cross schema boundaries.",
    .why =
        "A SECURITY DEFINER function looks up names by the caller's search_path unless it sets its own: a caller who "
        "creates an operator or a table of the right name has it run with the owner's privileges. Temporary objects "
        "come first unless pg_temp is named last. EXECUTE is PUBLIC's from birth, so that a function nobody granted "
        "can be called by everyone. Set the path to the schemas the body names, and grant EXECUTE to those who need "
        "it.",
    .needs = {Fact::Roles, Fact::Schemas, Fact::Functions},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
