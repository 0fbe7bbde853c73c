#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "compare/declarations.hpp"
#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

// A relation's shape as one number: verify reads the whole fleet each time and need not know what differs, only that
// something does. `pgcontract migrate drift` tells what.
using Shape = std::size_t;
using Shapes = std::map<std::string_view, Shape>;  // by the relation's name

Shape mixed(Shape shape, Shape with) { return shape ^ (with + 0x9e3779b97f4a7c15u + (shape << 6) + (shape >> 2)); }

// A text without the schema's own name before a dot, by which alone two tenants differ.
Shape shape_of(Text text, const std::string& own) {
  Shape shape = text.size();
  for (auto at = text.find(own); at != Text::npos; at = text.find(own)) {
    shape = mixed(shape - own.size(), std::hash<Text>{}(text.substr(0, at)));
    text.remove_prefix(at + own.size());
  }
  return mixed(shape, std::hash<Text>{}(text));
}

class Reader {
 public:
  explicit Reader(const Observation& seen) : seen_(seen) {
    for (const auto& trigger : seen.triggers)
      triggers_[trigger.relation] += mixed(std::hash<Text>{}(trigger.name), static_cast<Shape>(trigger.enabled));
  }

  Shapes shapes(const Schema& schema) {
    own_ = quoted(schema.name) + ".";
    Shapes all;
    for (const auto& relation : seen_.relations_of(schema.oid))
      if (Text("rpvmf").contains(relation.kind)) all.emplace(relation.name, shape(relation));
    return all;
  }

 private:
  // Constraints, indexes, policies and triggers are summed: they have no order. Columns have.
  Shape shape(const Relation& relation) {
    Shape all = static_cast<Shape>(relation.kind) * 64 + relation.rls_enabled * 2 + relation.rls_forced;
    names_.clear();
    for (const auto& column : seen_.columns_of(relation.oid)) {
      names_[column.number] = std::hash<Text>{}(column.name);
      all = mixed(all, names_[column.number]);
      all = mixed(all, shape_of(column.type_name, own_) + column.not_null);
      all = mixed(all, static_cast<Shape>(column.identity) * 256 + static_cast<Shape>(column.generated));
      all = mixed(all, shape_of(column.default_expression, own_));
    }
    Shape rest = 0;
    for (const auto& key : seen_.constraints_of(relation.oid))
      rest += mixed(mixed(std::hash<Text>{}(key.name), static_cast<Shape>(key.kind) * 2 + key.validated),
                    columns(key.columns));
    for (const auto& index : seen_.indexes_of(relation.oid))
      rest += mixed(mixed(std::hash<Text>{}(index.name), index.unique * 4 + index.valid * 2 + index.partial),
                    columns(index.key_columns));
    for (const auto& policy : seen_.policies_of(relation.oid))
      rest += mixed(mixed(std::hash<Text>{}(policy.name), static_cast<Shape>(policy.command) * 2 + policy.permissive),
                    mixed(shape_of(policy.using_expression, own_), shape_of(policy.check_expression, own_)));
    const auto triggers = triggers_.find(relation.oid);
    return mixed(all, rest + (triggers == triggers_.end() ? 0 : triggers->second));
  }

  // By name: the numbers of two tenants differ where one of them dropped a column.
  Shape columns(const std::vector<int>& numbers) const {
    Shape shape = numbers.size();
    for (const int number : numbers) {
      const auto at = names_.find(number);
      shape = mixed(shape, at == names_.end() ? static_cast<Shape>(number) : at->second);
    }
    return shape;
  }

  const Observation& seen_;
  std::unordered_map<Oid, Shape> triggers_;
  std::string own_;
  std::map<int, Shape> names_;
};

struct Tenant {
  const Schema* schema = nullptr;
  Shapes shapes;
};
using Tenants = std::vector<Tenant>;

// The relations that only one has, or that differ.
std::string differing(const Shapes& expected, const Shapes& found) {
  std::vector<std::string> names;
  for (const auto& [name, shape] : expected)
    if (const auto at = found.find(name); at == found.end() || at->second != shape) names.push_back(quoted(name));
  for (const auto& [name, shape] : found)
    if (!expected.contains(name)) names.push_back(quoted(name));
  std::ranges::sort(names);
  constexpr std::size_t kShown = 5;
  const std::size_t left = names.size() > kShown ? names.size() - kShown : 0;
  names.resize(names.size() - left);
  return fmt::format("{}{}", fmt::join(names, ", "), left == 0 ? "" : fmt::format(" and {} more", left));
}

// Tenants at the same heads: those unlike the most of them.
void judge(const std::string& heads, const Tenants& tenants, std::vector<Finding>& findings) {
  std::map<Shapes, std::size_t> counts;
  for (const auto& tenant : tenants) ++counts[tenant.shapes];
  if (counts.size() < 2) return;
  const Shapes* most = nullptr;
  for (const auto& tenant : tenants)
    if (!most || counts.at(tenant.shapes) > counts.at(*most)) most = &tenant.shapes;
  for (const auto& tenant : tenants) {
    if (tenant.shapes == *most) continue;
    Finding finding;
    finding.subject = {"schema", "", std::string(tenant.schema->name), ""};
    finding.message = fmt::format("is unlike {} at {}: {}; pgcontract migrate drift tells how",
                                  counted(counts.at(*most), "other tenant"), heads, differing(*most, tenant.shapes));
    findings.push_back(std::move(finding));
  }
}

Examined check(const Judged& judged) {
  const Contract& contract = judged.contract;
  if (!contract.migrations) return {{}, "no migrations in the contract", {}};
  if (!contract.tenancy) return {{}, "no tenancy in the contract", {}};
  const Observation& seen = judged.observation;
  Reader reader(seen);
  std::map<std::string, Tenants> by_heads;
  std::size_t count = 0;
  for (const Schema& schema : seen.schemas) {
    const VersionTable* table = seen.version_table_of(schema.oid);
    if (!contract.tenancy->tenant_of_schema(schema.name) || !table) continue;
    std::vector<Text> heads = table->versions;
    std::ranges::sort(heads);
    by_heads[heads.empty() ? "base" : fmt::format("{}", fmt::join(heads, ", "))].push_back(
        {&schema, reader.shapes(schema)});
    ++count;
  }
  Examined examined;
  for (const auto& [heads, tenants] : by_heads) judge(heads, tenants, examined.findings);
  examined.examined = counted(count, "tenant schema") +
                      ", in tables, columns, keys, indexes, policies and triggers; migrate drift compares all there is";
  return examined;
}

}  // namespace

const Clause kMigrationsNoDrift = {
    .id = "migrations.no_drift",
    .title = "tenants at the same revision have the same tables",
    .sentence = "CI runs alembic upgrade head against a disposable database to detect drift.",
    .why =
        "A column added by hand works until the next environment is built from the migrations and lacks it; a tenant "
        "that was mended by hand fails at the next migration, alone.",
    .needs = {Fact::Schemas, Fact::Relations, Fact::Columns, Fact::Constraints, Fact::Indexes, Fact::Policies,
              Fact::Triggers, Fact::VersionTables},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
