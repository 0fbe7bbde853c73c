#include <fmt/format.h>

#include <unordered_set>

#include "compare/declarations.hpp"
#include "compare/scope.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::compare {
namespace {

class OwnerCheck {
 public:
  explicit OwnerCheck(const Observation& seen) : seen_(seen) {
    // The server gives such a sequence its table's owner, and refuses to change it alone.
    for (const Sequence& sequence : seen.sequences)
      if (sequence.owned_by != 0 || sequence.owned_by_identity) owned_sequences_.insert(sequence.relation);
  }

  void schema(const Schema& schema, const std::string& wanted) {
    const Role* role = seen_.role_named(wanted);
    const Oid owner = role ? role->oid : 0;
    judge(schema.owner, owner, wanted, [&] { return schema_subject(schema.name); });
    for (const Relation& relation : seen_.relations_of(schema.oid))
      if (!relation.from_extension && !owned_sequences_.contains(relation.oid))
        judge(relation.owner, owner, wanted, [&] { return subject_of(seen_, relation); });
    for (const Function& function : seen_.functions_of(schema.oid))
      if (!function.from_extension) judge(function.owner, owner, wanted, [&] { return subject_of(seen_, function); });
  }

  Examined result() && {
    examined_.examined = counted(count_, "object");
    return std::move(examined_);
  }

 private:
  // The subject is made only for a finding: there may be hundreds of thousands of objects.
  template <typename MakeSubject>
  void judge(Oid actual, Oid wanted, const std::string& wanted_name, MakeSubject make_subject) {
    ++count_;
    if (wanted != 0 && actual == wanted) return;
    Finding finding;
    finding.subject = make_subject();
    finding.message = fmt::format("is owned by {}, the contract gives it to {}", seen_.role_name(actual), wanted_name);
    finding.tags = {"owner"};
    examined_.findings.push_back(std::move(finding));
  }

  const Observation& seen_;
  std::unordered_set<Oid> owned_sequences_;
  Examined examined_;
  std::size_t count_ = 0;
};

Examined check(const Judged& judged) {
  const auto& tenancy = judged.contract.tenancy;
  if (!tenancy) return {{}, "no tenancy in the contract, so no owner role", {}};
  OwnerCheck owners(judged.observation);
  for (const Schema* schema : tenancy::governed_schemas(judged.contract, judged.observation))
    owners.schema(*schema, tenancy->roles.owner);
  if (const Schema* ledger = judged.observation.schema_named(tenancy::kSchema))
    owners.schema(*ledger, tenancy->roles.definer);
  return std::move(owners).result();
}

}  // namespace

const Clause kSchemaOwner = {
    .id = "schema.owner",
    .title = "one role that cannot log in owns every object",
    .sentence = "Each tenant receives a dedicated schema (design rule: and owns nothing in it).",
    .why =
        "An owner can grant, drop policies and disable row-level security on what it owns. If that role can log in, "
        "or is a tenant, none of the other tenancy clauses mean anything. Objects of extensions are theirs.",
    .needs = {Fact::Schemas, Fact::Roles, Fact::Relations, Fact::Functions, Fact::Sequences},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
