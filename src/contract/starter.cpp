#include "contract/starter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>

#include "contract/rules.hpp"
#include "model/contract.hpp"

namespace pgcontract::contract {
namespace {

constexpr std::string_view kVersionTable = "alembic_version";
constexpr std::string_view kExtensions = "extensions";  // the default of schemas.extensions.name
constexpr std::size_t kIdDigits = 32;
constexpr std::size_t kMostPrefixes = 50;
constexpr std::size_t kLongestLine = 400;  // bytes; keeps the largest contract far below what the loader reads

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
std::string lowered(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool is_valid(const Rule& rule, std::string_view text) { return !check(rule, std::string(text)); }

std::string entry(int depth, std::string_view key, std::string_view value, std::string_view comment = {}) {
  return fmt::format("{:{}}{}: {}{}{}\n", "", depth * 2, key, yaml_scalar(value), comment.empty() ? "" : " # ",
                     one_line(comment));
}

std::string commented_out(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out += fmt::format("# {}\n", text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return out;
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// The key counted most often, the first of them in order where several are; nothing where there is none.
template <typename Key>
std::optional<std::pair<Key, std::size_t>> most_frequent(const std::map<Key, std::size_t>& counts) {
  const auto most = std::ranges::max_element(counts, {}, [](const auto& pair) { return pair.second; });
  if (most == counts.end()) return std::nullopt;
  return std::pair<Key, std::size_t>(*most);
}

// A name that ends in a tenant's id.
struct TenantShape {
  std::string prefix;
  std::string id;      // 32 digits
  bool exact = false;  // spelled as {id} is: 32 lower-case digits
};
std::optional<TenantShape> tenant_shape(std::string_view name) {
  const auto parsed = [&](std::size_t length) -> std::optional<TenantShape> {
    if (name.size() < length) return std::nullopt;
    std::string digits(name.substr(name.size() - length));
    std::ranges::replace(digits, '_', '-');
    const auto id = Uuid::parse(digits);
    if (!id || (length > kIdDigits && lowered(digits) != id->canonical()) ||
        (length == kIdDigits && lowered(digits) != id->hex()))
      return std::nullopt;
    return TenantShape{std::string(name.substr(0, name.size() - length)), id->hex(), digits == id->hex()};
  };
  if (auto shape = parsed(kIdDigits)) return shape;
  return parsed(kIdDigits + 4);
}

// The custom settings an expression reads, as the server writes it back: current_setting('app.tenant_id'::text).
std::set<std::string> settings_in(std::string_view expression) {
  constexpr std::string_view kCall = "current_setting('";
  std::set<std::string> settings;
  for (auto at = expression.find(kCall); at != expression.npos; at = expression.find(kCall, at)) {
    at += kCall.size();
    const std::string setting(expression.substr(at, expression.find('\'', at) - at));
    if (is_valid(rule::kSetting, setting)) settings.insert(setting);
  }
  return settings;
}

// Whether an expression names a column, itself or in quotes; app.tenant_id in a literal names none.
bool mentions(std::string_view expression, std::string_view column) {
  const std::string name = pgcontract::quoted(column);
  const auto is_part = [&](std::size_t at) {
    return at < expression.size() && (std::isalnum(static_cast<unsigned char>(expression[at])) != 0 ||
                                      std::string_view("_$.'\"").contains(expression[at]));
  };
  for (auto at = expression.find(name); at != expression.npos; at = expression.find(name, at + 1))
    if ((at == 0 || (!is_part(at - 1) && expression[at - 1] != ':')) && !is_part(at + name.size())) return true;
  return false;
}

bool is_demo(std::string_view schema) {  // by a word that ends so: demographics is none
  const std::string name = lowered(schema) + "_";
  for (auto at = name.find("demo"); at != std::string::npos; at = name.find("demo", at + 1))
    if (!is_lower(name[at + 4])) return true;
  return false;
}
bool is_telemetry(std::string_view schema) {
  const std::string name = lowered(schema);
  return name.contains("telemetry") || name.contains("langfuse") || name.contains("tracing");
}

// An existing database, read with the eyes of a contract's author.
class Survey {
 public:
  Survey(const Observation& seen, const StarterOptions& options) : seen_(seen), options_(options) {
    for (const auto& relation : seen.relations)
      if ((relation.kind == 'r' || relation.kind == 'p') && !relation.is_partition && !relation.from_extension)
        tables_[relation.schema].push_back(&relation);
    survey_tenants();
    survey_schemas();
  }

  std::string text() const {
    return fmt::format("contract: 1\n{}\n{}\n{}\nconventions:\n{}\n{}\n{}", entry(0, "name", options_.name),
                       environments(), schemas(), prefixes() + temporal(), migrations(), tenancy());
  }

 private:
  using Tables = std::vector<const Relation*>;

  const Tables& tables_of(const Schema* schema) const {
    static const Tables kNone;
    const auto at = schema ? tables_.find(schema->oid) : tables_.end();
    return at == tables_.end() ? kNone : at->second;
  }
  void survey_tenants() {
    std::map<std::string, std::size_t> counts;
    const auto fits = [](const TenantShape& shape) { return is_valid(rule::kSchemaPattern, shape.prefix + "{id}"); };
    for (const auto& schema : seen_.schemas)
      if (const auto shape = tenant_shape(schema.name); shape && fits(*shape)) ++counts[shape->prefix];
    tenant_prefix_ = most_frequent(counts);
    for (const auto& schema : seen_.schemas) {
      const auto shape = tenant_shape(schema.name);
      if (!tenant_prefix_ || !shape || shape->prefix != tenant_prefix_->first) continue;
      tenant_ids_.insert(shape->id);
      misspelt_ += shape->exact ? 0 : 1;
    }
  }

  void survey_schemas() {
    const auto take = [&](const Schema*& best, const Schema& schema) {
      const auto size = tables_of(&schema).size();
      const auto most = tables_of(best).size();
      if (!best || size > most || (size == most && schema.name < best->name)) best = &schema;
    };
    for (const auto& schema : seen_.schemas) {
      if (!is_valid(rule::kSchema, schema.name) || tenant_shape(schema.name)) continue;
      if (is_telemetry(schema.name))
        take(telemetry_, schema);
      else if (is_demo(schema.name))
        take(demo_, schema);
      else if (!tables_of(&schema).empty())
        take(application_, schema);
    }
    // Where nothing else has tables, the name was misread.
    for (const Schema** other : {&demo_, &telemetry_})
      if (!application_ && !tables_of(*other).empty()) std::swap(application_, *other);
  }

  // Whether another schema of the contract has this name, or none may have it.
  bool is_taken(std::string_view name) const {
    const auto is = [&](const Schema* schema) { return schema && schema->name == name; };
    return is(application_) || is(demo_) || is(telemetry_) || !is_valid(rule::kSchema, name) || tenant_shape(name);
  }

  std::string made_name() const {
    std::string name = options_.name;
    for (int i = 1; is_taken(name) || name == kExtensions; ++i)
      name = fmt::format("app{}_{}", i, options_.name.substr(0, 20));
    return name;
  }

  // Those whose names and columns follow the conventions, one of each name: every tenant has the same ones.
  Tables governed_tables() const {
    Tables all;
    std::set<std::string_view> names = {kVersionTable};
    const auto add = [&](const Schema* schema) {
      for (const Relation* table : tables_of(schema))
        if (names.insert(table->name).second) all.push_back(table);
    };
    add(application_);
    add(demo_);
    for (const auto& schema : seen_.schemas)
      if (const auto shape = tenant_shape(schema.name))
        if (shape->exact && tenant_prefix_ && shape->prefix == tenant_prefix_->first) add(&schema);
    return all;
  }

  std::string environments() const {
    return fmt::format(
        "environments:\n  # local: {{ dsn: embedded }} # a private cluster for development: pgcontract up\n"
        "  {}:\n{}    # production: true # commands that change or destroy ask first\n",
        kStarterEnvironment, entry(2, "dsn_from", options_.dsn_from));
  }

  std::string schemas() const {
    std::size_t all = 0;
    for (const auto& [schema, tables] : tables_) all += tables.size();
    const auto section = [&](std::string_view key, const Schema& schema) {
      return fmt::format(
          "  {}:\n{}", key,
          entry(2, "name", schema.name, fmt::format("{} of {}", tables_of(&schema).size(), counted(all, "table"))));
    };
    std::string text = "schemas:\n";
    if (application_)
      text += section("application", *application_);
    else
      text +=
          "  application:\n" + entry(2, "name", made_name(), "no schema with tables was seen; apply makes this one");
    if (demo_) text += section("demo", *demo_);
    if (telemetry_) text += section("telemetry", *telemetry_);
    return text + extensions();
  }

  std::string extensions() const {
    std::string name(kExtensions);
    while (is_taken(name)) name += "_of_others";
    return name == kExtensions ? "" : "  extensions:\n" + entry(2, "name", name);
  }

  std::string prefixes() const {
    const Tables tables = governed_tables();
    std::map<std::string, std::size_t> counts;
    for (const Relation* table : tables)
      if (const auto end = table->name.find('_'); end != Text::npos && end > 0)
        ++counts[std::string(table->name.substr(0, end + 1))];
    const std::string total = fmt::format("of {}", counted(tables.size(), "table"));
    std::string reference;
    if (const auto at = counts.find("ref_"); at != counts.end()) {
      reference = entry(1, "reference_prefix", at->first, fmt::format("{} {}", at->second, total));
      counts.erase(at);
    }
    std::vector<std::pair<std::string, std::size_t>> shared;
    for (const auto& count : counts)
      if (count.second >= 2 && is_valid(rule::kPrefix, count.first)) shared.push_back(count);
    std::ranges::stable_sort(shared, std::ranges::greater{}, [](const auto& pair) { return pair.second; });
    if (shared.size() > kMostPrefixes) shared.resize(kMostPrefixes);
    if (shared.empty()) return "  table_prefixes: [] # no two tables share one\n" + reference;
    std::string text = "  table_prefixes:\n";
    for (const auto& [prefix, count] : shared)
      text += fmt::format("    - {} # {} {}\n", yaml_scalar(prefix), count, total);
    return text + reference;
  }

  std::string temporal() const {
    std::map<std::string, std::map<std::string, std::size_t>> defaults;  // by type
    std::map<std::string, std::size_t> types;
    for (const Relation* table : governed_tables()) {
      for (const Column& column : seen_.columns_of(table->oid)) {
        const Text type = column.base_type_name.empty() ? column.type_name : column.base_type_name;
        if (!type.starts_with("timestamp") || column.type_name.ends_with("[]")) continue;
        const std::string known = type.ends_with(" with time zone") ? "timestamptz" : "timestamp";
        ++types[known];
        std::string expression = lowered(column.default_expression);
        if (expression == "current_timestamp" || expression == "transaction_timestamp()") expression = "now()";
        // A constant is a value, not a convention.
        if (expression.contains("now()") || expression == "localtimestamp" || expression == "clock_timestamp()" ||
            expression == "statement_timestamp()")
          if (is_valid(rule::kLine, expression)) ++defaults[known][expression];
      }
    }
    if (types.empty()) return {};
    const bool zoned = types["timestamptz"] >= types["timestamp"];
    const std::string type = zoned ? "timestamptz" : "timestamp";
    std::string text =
        "  temporal:\n" +
        entry(2, "type", type,
              fmt::format("{} of {}", types[type], counted(types["timestamptz"] + types["timestamp"], "column")));
    if (const auto most = most_frequent(defaults[type]))
      text += entry(2, "default", most->first, fmt::format("{} of those {}", most->second, types[type]));
    return text;
  }

  std::string migrations() const {
    if (seen_.version_tables.empty()) return "# migrations: no table alembic_version was seen.\n";
    const std::string seen = fmt::format("{} {}", counted(seen_.version_tables.size(), "table"), kVersionTable);
    if (options_.alembic_config.empty())
      return fmt::format(
          "# {} was seen, but no alembic.ini at or below this directory. With its path, the history is judged:\n"
          "# migrations:\n#   config: packages/api/alembic.ini\n",
          seen);
    std::string text = "migrations:\n" + entry(1, "config", options_.alembic_config, seen);
    text += entry(1, "application_section", options_.application_section);
    text += entry(1, "tenant_section", options_.tenant_section,
                  options_.tenant_section.empty() ? "no section for the tenants' history was seen" : "");
    return text;
  }

  std::string tenancy() const {
    const std::string entries = role_entry() + policy_entries();
    if (!tenant_prefix_)
      return "# No schema looks like a tenant's (a prefix and 32 hexadecimal digits). With this section, pgcontract "
             "keeps a\n"
             "# schema and a role for each tenant and judges row-level security on the tables they share:\n" +
             commented_out("tenancy:\n" + entry(1, "schema", "tenant_{id}") + entries);
    std::string seen = counted(tenant_prefix_->second, "schema");
    if (misspelt_ > 0)
      seen += fmt::format("; {} of them to be renamed, since {{id}} is 32 lower-case hexadecimal digits", misspelt_);
    return "tenancy:\n" + entry(1, "schema", tenant_prefix_->first + "{id}", seen) + entries;
  }

  std::string role_entry() const {
    std::map<std::string, std::size_t> counts;
    for (const auto& role : seen_.roles)
      if (const auto shape = tenant_shape(role.name); shape && tenant_ids_.contains(shape->id))
        if (is_valid(rule::kRolePattern, shape->prefix + "{id}")) ++counts[shape->prefix];
    if (const auto most = most_frequent(counts))
      return entry(1, "role", most->first + "{id}", counted(most->second, "role"));
    return entry(1, "role", Tenancy{}.role_pattern, "no role carries a tenant's id; apply makes these");
  }

  std::string policy_entries() const {
    std::map<std::string, std::size_t> settings;
    std::map<std::string, std::map<std::string, std::size_t>> columns;  // by setting
    for (const auto& policy : seen_.policies) {
      const std::string expression = fmt::format("{} {}", policy.using_expression, policy.check_expression);
      for (const auto& setting : settings_in(expression)) {
        ++settings[setting];
        for (const Column& column : seen_.columns_of(policy.relation))
          if (mentions(expression, column.name) && is_valid(rule::kIdentifier, column.name))
            ++columns[setting][std::string(column.name)];
      }
    }
    const auto policies = [](std::size_t count) { return fmt::format("{} polic{}", count, count == 1 ? "y" : "ies"); };
    const auto setting = most_frequent(settings);
    if (!setting)
      return entry(1, "setting", Tenancy{}.setting, "no policy reads one") +
             entry(1, "shared_column", Tenancy{}.shared_column);
    std::string text = entry(1, "setting", setting->first, policies(setting->second));
    if (const auto column = most_frequent(columns[setting->first]))
      text += entry(1, "shared_column", column->first, policies(column->second));
    return text;
  }

  const Observation& seen_;
  const StarterOptions& options_;
  std::map<Oid, Tables> tables_;
  std::optional<std::pair<std::string, std::size_t>> tenant_prefix_;
  std::size_t misspelt_ = 0;  // tenant schemas whose id is not 32 lower-case digits
  std::set<std::string> tenant_ids_;
  const Schema* application_ = nullptr;
  const Schema* demo_ = nullptr;
  const Schema* telemetry_ = nullptr;
};

}  // namespace

std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kLongestLine));
  if (line.size() < text.size()) {
    while (!line.empty() && (static_cast<unsigned char>(text[line.size()]) & 0xC0) == 0x80) line.pop_back();
    line += "…";
  }
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return line;
}

std::string yaml_scalar(std::string_view text) {
  static const std::set<std::string> kWords = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  const auto is_plain = [](char c) {
    return is_lower(c) || (c >= 'A' && c <= 'Z') || is_digit(c) || std::string_view("_-./{}:()").contains(c);
  };
  const std::string lower = lowered(text);
  if (!text.empty() && (is_lower(lower.front()) || text.front() == '_') && text.back() != ':' &&
      std::ranges::all_of(text, is_plain) && !kWords.contains(lower))
    return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      quoted += fmt::format("\\{}", c);
    else if (byte < 0x20 || byte == 0x7F)
      quoted += fmt::format("\\x{:02x}", byte);
    else
      quoted += c;
  }
  return quoted + '"';
}

std::string starter_contract(const Observation& observation, const StarterOptions& options) {
  return Survey(observation, options).text();
}

}  // namespace pgcontract::contract
