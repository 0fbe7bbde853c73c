#include "record/query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace pgcontract::record {
namespace {

using Words = std::set<std::string, std::less<>>;

Words words(std::string_view list) {
  Words out;
  while (!list.empty()) {
    const auto blank = std::min(list.find(' '), list.size());
    out.emplace(list.substr(0, blank));
    list.remove_prefix(std::min(blank + 1, list.size()));
  }
  return out;
}

// Catalogs whose rows about a schema are part of its fingerprint, as far as migrations make them. Not here: roles and
// policies, which the scratch schema lacks; statistics, which count rows; databases and settings.
const Words& catalogs() {
  static const Words kWords = words(
      "pg_am pg_attrdef pg_attribute pg_cast pg_class pg_collation pg_constraint pg_conversion "
      "pg_depend pg_description pg_enum pg_index pg_indexes pg_inherits pg_language pg_matviews "
      "pg_namespace pg_opclass pg_operator pg_opfamily pg_partitioned_table pg_proc pg_range pg_rewrite "
      "pg_rules pg_sequence pg_statistic_ext pg_tables pg_trigger pg_type pg_views pg_extension");
  return kWords;
}
const Words& information_schema() {
  static const Words kWords = words(
      "tables columns table_constraints key_column_usage constraint_column_usage constraint_table_usage "
      "referential_constraints check_constraints domain_constraints domains element_types views "
      "view_column_usage view_table_usage sequences routines parameters schemata triggers");
  return kWords;
}
// Extensions are the same in the disposable database, and the server's own things everywhere.
const Words& of_every_schema() {
  static const Words kWords = words("pg_extension pg_am pg_language pg_cast");
  return kWords;
}
// Columns that count rows or say what `apply` adds; the word is enough to be careful.
const Words& columns_not_covered() {
  static const Words kWords = words(
      "reltuples relpages relallvisible last_value relacl attacl nspacl proacl typacl relowner nspowner "
      "proowner typowner relrowsecurity relforcerowsecurity tableowner rowsecurity viewowner xmin xmax "
      "ctid");
  return kWords;
}
// Functions that only look at the catalog or at their arguments.
const Words& functions() {
  static const Words kWords = words(
      "array array_agg array_length array_position array_to_string array_upper btrim cardinality "
      "coalesce col_description concat count current_database current_schema current_schemas format "
      "format_type generate_series generate_subscripts int4range json_agg json_build_object jsonb_agg "
      "jsonb_build_object left length lower max min nullif obj_description pg_function_is_visible "
      "pg_get_constraintdef pg_get_expr pg_get_functiondef pg_get_function_identity_arguments "
      "pg_get_indexdef pg_get_serial_sequence pg_get_triggerdef pg_get_userbyid pg_get_viewdef "
      "pg_table_is_visible pg_type_is_visible position quote_ident regexp_replace replace row_number "
      "row_to_json split_part starts_with string_agg string_to_array strpos substr substring "
      "to_regclass to_regnamespace to_regproc to_regprocedure to_regtype trim unnest upper version "
      "bool_or bool_and shobj_description pg_collation_is_visible pg_encoding_to_char greatest least");
  return kWords;
}
// What stands before a parenthesis and is no function; types take a length there.
const Words& not_functions() {
  static const Words kWords = words(
      "all and any as asc between by case cast char character distinct else except exists filter from "
      "having ilike in intersect is join lateral like limit not numeric offset on only or order over "
      "row select some then union using values varchar varying when where with materialized partition "
      "group interval timestamp time bit");
  return kWords;
}

class Query {
 public:
  Query(const std::vector<Token>& tokens, const Surroundings& surroundings)
      : tokens_(tokens), surroundings_(surroundings) {}

  std::string why_not() {
    find_names();
    for (std::size_t i = 0; i < tokens_.size(); ++i)
      if (std::string why = look_at(i); !why.empty()) return why;
    if (needs_anchor_ && !anchored_ && !only_hstore())
      return "looks into every schema of the database: the answer depends on the other tenants (restrict it to "
             "current_schema())";
    return {};
  }

 private:
  bool symbol_at(std::size_t i, char c) const { return i < tokens_.size() && tokens_[i].is_symbol(c); }

  // WITH name AS (…): a relation of the query's own.
  void find_names() {
    for (std::size_t i = 0; i + 2 < tokens_.size(); ++i)
      if (tokens_[i].is_name() && tokens_[i + 1].is("as") &&
          (tokens_[i + 2].is_symbol('(') || tokens_[i + 2].is("materialized") || tokens_[i + 2].is("not")))
        own_.insert(tokens_[i].text);
  }

  std::string look_at(std::size_t i) {
    const Token& token = tokens_[i];
    if (token.is_symbol('(')) {
      const bool of_function = i > 0 && (tokens_[i - 1].is("extract") || tokens_[i - 1].is("substring") ||
                                         tokens_[i - 1].is("trim") || tokens_[i - 1].is("overlay"));
      // FROM (SELECT …), or FROM (a JOIN b …).
      const bool of_query = i + 1 < tokens_.size() &&
                            (tokens_[i + 1].is("select") || tokens_[i + 1].is("values") || tokens_[i + 1].is("with"));
      expects_relation_ = expects_relation_ && !of_query;
      in_from_.push_back(expects_relation_);
      of_function_.push_back(of_function);
      return {};
    }
    if (token.is_symbol(')') && in_from_.size() > 1) {
      in_from_.pop_back();
      of_function_.pop_back();
      return {};
    }
    if (token.kind == Token::Kind::String || token.kind == Token::Kind::Number) return literal(token);
    if (token.is_symbol(',') && in_from_.back()) {
      expects_relation_ = true;
      return {};
    }
    return token.is_name() ? name(i) : std::string();
  }

  std::string literal(const Token& token) {
    std::string_view text = token.text;
    if (token.kind == Token::Kind::String && text.size() >= 2 && text.front() == '\'')
      text = text.substr(1, text.size() - 2);
    if (text == surroundings_.schema || text.starts_with(surroundings_.schema + ".") ||
        text.starts_with("\"" + surroundings_.schema + "\"."))
      anchored_ = true;
    for (const auto& other : surroundings_.other_schemas)
      if (text == other || text.starts_with(other + ".") || text.starts_with("\"" + other + "\"."))
        return fmt::format("looks at schema {}", other);
    // The oid of a relation that an earlier query found.
    constexpr long kFirstOwn = 16'384;
    long number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size() && number >= kFirstOwn) anchored_ = true;
    if (token.kind == Token::Kind::String) literals_.emplace(text);
    return {};
  }

  std::string name(std::size_t i) {
    const Token& token = tokens_[i];
    if (i < past_) return {};
    if (expects_relation_) return relation(i);
    if (token.kind == Token::Kind::Word) {
      if (token.is("insert") || token.is("update") || token.is("delete") || token.is("merge") || token.is("into") ||
          token.is("share"))
        return "changes or locks rows and looks at them";
      if (token.is("current_schema") || token.text.ends_with("_is_visible") || token.is("regclass") ||
          token.text.starts_with("to_reg"))
        anchored_ = true;
      if (columns_not_covered().contains(token.text))
        return fmt::format("asks for {}, which is not the same everywhere", token.text);
      const bool of_distinct = i > 0 && tokens_[i - 1].is("distinct");
      if ((token.is("from") && !of_distinct && !of_function_.back()) || token.is("join")) {
        in_from_.back() = expects_relation_ = true;
        return {};
      }
      static const Words kEnds = {"where",     "group",  "order",  "having", "limit", "union",
                                  "intersect", "except", "window", "offset", "for"};
      if (kEnds.contains(token.text)) in_from_.back() = false;
    }
    if (symbol_at(i + 1, '(')) return call(i);
    return {};
  }

  // name, schema.name: at i, behind FROM, JOIN or a comma.
  std::string relation(std::size_t i) {
    if (tokens_[i].is("only") || tokens_[i].is("lateral")) return {};
    expects_relation_ = false;
    std::string schema;
    std::size_t last = i;
    if (tokens_[i].is("select") || tokens_[i].is("values") || tokens_[i].is("with")) return {};
    while (symbol_at(last + 1, '.') && last + 2 < tokens_.size() && tokens_[last + 2].is_name()) {
      schema = tokens_[last].text;
      last += 2;
    }
    past_ = last + 1;
    if (symbol_at(last + 1, '(')) return call(last);
    const std::string& relation = tokens_[last].text;
    if (relation == surroundings_.version_table && (schema.empty() || schema == surroundings_.schema)) return {};
    if (schema.empty() && own_.contains(relation)) return {};
    const bool known = schema == "information_schema"
                           ? information_schema().contains(relation)
                           : (schema.empty() || schema == "pg_catalog") && catalogs().contains(relation);
    if (!known && (schema == "information_schema" || schema == "pg_catalog" || relation.starts_with("pg_")))
      return fmt::format("looks at {}, which a fingerprint does not cover", relation);
    if (!known) return fmt::format("reads rows of {}{}", schema.empty() ? "" : schema + ".", relation);
    needs_anchor_ = needs_anchor_ || !of_every_schema().contains(relation);
    return {};
  }

  std::string call(std::size_t i) const {
    const Token& token = tokens_[i];
    if (token.kind == Token::Kind::Word && not_functions().contains(token.text)) return {};
    if (own_.contains(token.text)) return {};  // WITH name (columns) AS
    const bool qualified = i >= 2 && symbol_at(i - 1, '.');
    if (functions().contains(token.text) && (!qualified || tokens_[i - 2].text == "pg_catalog")) return {};
    // Advisory locks keep others out while Alembic works; here we do that.
    if (token.text.starts_with("pg_advisory_") || token.text.starts_with("pg_try_advisory_")) return {};
    return fmt::format("calls {}()", token.text);
  }

  // SQLAlchemy looks for this extension's type at the start of every session.
  bool only_hstore() const { return literals_.size() == 1 && *literals_.begin() == "hstore"; }

  const std::vector<Token>& tokens_;
  const Surroundings& surroundings_;
  Words own_;
  Words literals_;
  std::vector<bool> in_from_ = {false};      // by depth of parentheses
  std::vector<bool> of_function_ = {false};  // extract(year FROM …)
  bool expects_relation_ = false;
  bool needs_anchor_ = false;
  bool anchored_ = false;
  std::size_t past_ = 0;  // tokens before it were read with a relation's name
};

}  // namespace

std::string why_not_of_catalog(const std::vector<Token>& tokens, const Surroundings& surroundings) {
  return Query(tokens, surroundings).why_not();
}

}  // namespace pgcontract::record
