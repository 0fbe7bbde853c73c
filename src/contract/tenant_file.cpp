#include "contract/tenant_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "contract/rules.hpp"
#include "model/contract.hpp"

namespace pgcontract::contract {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostProblemsShown = 50;

std::string_view without_bom(std::string_view text) {
  constexpr std::string_view kBom = "\xef\xbb\xbf";
  return text.starts_with(kBom) ? text.substr(kBom.size()) : text;
}

class TenantList {
 public:
  void problem(int line, std::string message) {
    if (++problems_ <= kMostProblemsShown) shown_ += fmt::format("\nline {}: {}", line, message);
  }

  void add(int line, const std::string& id_text, std::optional<std::string> name) {
    const auto id = Uuid::parse(id_text);
    if (!id) return problem(line, id.error().message);
    if (is_canary(*id)) return problem(line, id->canonical() + " is an id that tenant attack keeps for its canaries");
    const auto [first, is_new] = seen_.emplace(*id, line);
    if (!is_new) return problem(line, fmt::format("{} is the tenant of line {} again", id->canonical(), first->second));
    ListedTenant tenant{*id, name && !name->empty() ? *std::move(name) : id->canonical()};
    if (auto wrong = display_name_problem(tenant.display_name); !wrong.empty())
      return problem(line, "display_name " + wrong);
    tenants_.push_back(std::move(tenant));
  }

  Result<std::vector<ListedTenant>> finish(const std::string& where) && {
    if (problems_ > kMostProblemsShown) shown_ += fmt::format("\nand {} problems more", problems_ - kMostProblemsShown);
    if (problems_ > 0)
      return fail(
          ErrorCode::InvalidInput,
          fmt::format("{} {} in this list of tenants{}", problems_, problems_ == 1 ? "problem" : "problems", shown_),
          "Mend them and try again; nothing was done.", where);
    if (tenants_.empty())
      return fail(ErrorCode::InvalidInput, "there is no tenant in this list",
                  "Give CSV with the header id,display_name, or JSON objects with these keys.", where);
    return std::move(tenants_);
  }

 private:
  std::vector<ListedTenant> tenants_;
  std::map<Uuid, int> seen_;  // the line of each
  std::size_t problems_ = 0;
  std::string shown_;
};

void add_object(const Json& object, int line, TenantList& list) {
  if (object.is_discarded()) return list.problem(line, "is not JSON");
  if (!object.is_object()) return list.problem(line, "is not a JSON object with id and display_name");
  std::optional<std::string> id, name;
  for (const auto& [key, value] : object.items()) {
    if (key != "id" && key != "display_name") return list.problem(line, "has the unknown key " + shown(key));
    if (key == "display_name" && value.is_null()) continue;
    if (!value.is_string()) return list.problem(line, key + " is not a text");
    (key == "id" ? id : name) = value.get<std::string>();
  }
  if (!id) return list.problem(line, "has no id");
  list.add(line, *id, std::move(name));
}

void read_json_lines(std::string_view text, TenantList& list) {
  for (int line = 1; !text.empty(); ++line) {
    const auto end = text.find('\n');
    const std::string_view object = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (object.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    add_object(Json::parse(object, nullptr, /*allow_exceptions=*/false), line, list);
  }
}

// The parser keeps no lines of an array's elements, so they are counted: element 1 is "line 1".
void read_json_array(std::string_view text, TenantList& list) {
  const Json array = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (array.is_discarded()) return list.problem(1, "the array is not JSON");
  int element = 0;
  for (const auto& object : array) add_object(object, ++element, list);
}

// RFC 4180: quoted fields may hold commas, doubled quotes and line ends.
class Csv {
 public:
  explicit Csv(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  int line() const { return line_; }

  // The fields of the next record; nullopt where a quote is not closed or is followed by text.
  std::optional<std::vector<std::string>> record() {
    std::vector<std::string> fields;
    while (true) {
      fields.emplace_back();
      if (rest_.starts_with('"') && !quoted_field(fields.back())) {
        rest_ = {};
        return std::nullopt;
      }
      const auto end = rest_.find_first_of(",\n");
      fields.back() += rest_.substr(0, end);
      const bool last = end == std::string_view::npos || rest_[end] == '\n';
      rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
      if (!last) continue;
      if (fields.back().ends_with('\r')) fields.back().pop_back();
      ++line_;
      return fields;
    }
  }

 private:
  bool quoted_field(std::string& field) {
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == '\n') ++line_;
      if (rest_[at] != '"') {
        field += rest_[at];
      } else if (at + 1 < rest_.size() && rest_[at + 1] == '"') {
        field += rest_[++at];
      } else {
        rest_ = rest_.substr(at + 1);
        return rest_.empty() || std::string_view(",\r\n").find(rest_.front()) != std::string_view::npos;
      }
    }
    return false;
  }

  std::string_view rest_;
  int line_ = 1;
};

void read_csv(std::string_view text, TenantList& list) {
  Csv csv(text);
  const auto header = csv.record().value_or(std::vector<std::string>{});
  const auto column = [&](std::string_view name) { return std::ranges::find(header, name) - header.begin(); };
  const auto id = column("id"), name = column("display_name");
  const auto columns = static_cast<std::ptrdiff_t>(header.size());
  if (id == columns || columns != 1 + (name != columns)) return list.problem(1, "the header is not id,display_name");
  while (!csv.at_end()) {
    const int line = csv.line();
    const auto fields = csv.record();
    if (!fields) return list.problem(line, "a quote is not closed, or text follows it");
    if (fields->size() == 1 && fields->front().empty()) continue;
    if (static_cast<std::ptrdiff_t>(fields->size()) != columns)
      list.problem(line, fmt::format("has {} fields, the header has {}", fields->size(), columns));
    else
      list.add(line, fields->at(static_cast<std::size_t>(id)),
               name == columns ? std::nullopt : std::optional(fields->at(static_cast<std::size_t>(name))));
  }
}

}  // namespace

std::string display_name_problem(const std::string& name) {
  if (name.size() > kLongestDisplayName)
    return fmt::format("has {} bytes, at most {} are kept", name.size(), kLongestDisplayName);
  if (const auto complaint = check(rule::kLine, name)) return complaint->message;
  return {};
}

Result<std::vector<ListedTenant>> parse_tenants(std::string_view text, const std::string& where) {
  text = without_bom(text);
  TenantList list;
  const auto first = text.find_first_not_of(" \t\r\n");
  const char opening = first == std::string_view::npos ? ' ' : text[first];
  if (opening == '[')
    read_json_array(text, list);
  else if (opening == '{')
    read_json_lines(text, list);
  else if (opening != ' ')
    read_csv(text, list);
  return std::move(list).finish(where);
}

}  // namespace pgcontract::contract
