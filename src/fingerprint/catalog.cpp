#include "fingerprint/catalog.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "base/embedded.hpp"

namespace pgcontract::fingerprint {

std::span<const EmbeddedText> embedded_texts();

namespace {

constexpr int kAnyVersion = std::numeric_limits<int>::max();

struct File {
  std::string_view name;
  int from = 0;
  int before = kAnyVersion;
};

// Columns first: the others name them.
constexpr File kFiles[] = {{"columns"},
                           {"schema"},
                           {"relations"},
                           {"indexes"},

                           {"constraints"},
                           {"not_null", 18},
                           {"triggers"},
                           {"constraint_triggers"},
                           {"rules"},
                           {"views"},
                           {"policies"},
                           {"sequences"},
                           {"functions"},
                           {"types"},
                           {"operators"},
                           {"opclasses"},
                           {"opfamilies"},
                           {"casts"},
                           {"transforms"},
                           {"conversions"},
                           {"collations"},
                           {"text_search"},
                           {"statistics"},
                           {"extensions"},
                           {"extension_ties"},
                           {"publications_14", 0, 15},
                           {"publications_15", 15},
                           {"publication_schemas", 15},
                           {"inheritance"},
                           {"default_privileges"},
                           {"comments"},
                           {"security_labels"}};

// Where the place that begins at `open` ends (its brace), and where its middle is. Places stand within places.
std::pair<std::size_t, std::size_t> ends_of(const std::string& text, std::size_t open) {
  std::size_t middle = std::string::npos;
  int depth = 0;
  for (std::size_t at = open; at < text.size(); ++at) {
    if (text[at] == '{') ++depth;
    if (text[at] == '|' && depth == 1 && middle == std::string::npos) middle = at;
    if (text[at] == '}' && --depth == 0) return {middle, at};
  }
  return {std::string::npos, std::string::npos};
}

std::string for_version(std::string text, int major) {
  for (std::size_t open = text.find('{'); open != std::string::npos; open = text.find('{', open)) {
    int from = 0;
    const char* digits = text.data() + open + 1;
    const auto [end, error] = std::from_chars(digits, text.data() + text.size(), from);
    const auto [middle, close] = ends_of(text, open);
    if (error != std::errc{} || *end != ':' || middle == std::string::npos) {
      ++open;
      continue;
    }
    const std::size_t start = static_cast<std::size_t>(end - text.data()) + 1;
    const std::string chosen =
        major >= from ? text.substr(start, middle - start) : text.substr(middle + 1, close - middle - 1);
    text.replace(open, close - open + 1, chosen);
  }
  return text;
}

AttributeForm attribute_form(std::string_view text) {
  const auto mark = text.find('#');
  AttributeForm form{std::string(text.substr(0, mark)), Reading::Text, 0};
  if (mark == std::string_view::npos) return form;
  const std::string_view reading = text.substr(mark + 1);
  if (reading.starts_with("acl_")) return {form.name, Reading::Acl, reading.back()};
  constexpr std::pair<std::string_view, Reading> kReadings[] = {{"expression", Reading::Expression},
                                                                {"view", Reading::View},
                                                                {"deparsed", Reading::Deparsed},
                                                                {"columns", Reading::Columns},
                                                                {"opclasses", Reading::Opclasses},
                                                                {"collations", Reading::Collations},
                                                                {"list", Reading::List},
                                                                {"options", Reading::Options}};
  for (const auto& [name, value] : kReadings)
    if (name == reading) form.reading = value;
  return form;
}

// Takes the head off: comments, "node:", "name:" and "attributes:", which goes on in indented lines.
void take_head(CatalogQuery& query) {
  std::string attributes;
  bool listing = false;
  std::string_view rest = query.sql;
  while (rest.starts_with("--")) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    constexpr std::string_view kNode = "-- node: ", kAttributes = "-- attributes: ", kFurther = "--   ";
    if (line.starts_with(kNode)) query.kind = line.substr(kNode.size());
    if (line == "-- name: as it is") query.name_as_is = true;
    if (line.starts_with(kAttributes)) attributes = line.substr(kAttributes.size());
    if (listing && line.starts_with(kFurther)) attributes += " " + std::string(line.substr(kFurther.size()));
    listing = line.starts_with(kAttributes) || (listing && line.starts_with(kFurther));
  }
  for (std::string_view list = attributes; !list.empty();) {
    const auto comma = list.find(", ");
    query.attributes.push_back(attribute_form(list.substr(0, comma)));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 2);
  }
  query.sql = std::string(rest);
}

}  // namespace

std::string query_text(std::string_view file, int server_version) {
  CatalogQuery query;
  query.sql = for_version(std::string(find_embedded(embedded_texts(), fmt::format("sql/{}.sql", file))),
                          server_version / 10000);
  take_head(query);
  return query.sql;
}

std::string with_place(std::string text, std::string_view place, std::string_view value) {
  for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place, at + value.size()))
    text.replace(at, place.size(), value);
  return text;
}

std::vector<CatalogQuery> catalog_queries(int server_version, std::string_view schemas) {
  const int major = server_version / 10000;
  std::vector<CatalogQuery> queries;
  for (const auto& file : kFiles) {
    if (major < file.from || major >= file.before) continue;
    CatalogQuery query;
    query.file = file.name;
    query.sql = for_version(std::string(find_embedded(embedded_texts(), fmt::format("sql/{}.sql", file.name))), major);
    take_head(query);
    query.sql = with_place(std::move(query.sql), "{schemas}", schemas);
    queries.push_back(std::move(query));
  }
  return queries;
}

}  // namespace pgcontract::fingerprint
