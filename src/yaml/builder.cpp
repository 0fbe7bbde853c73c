// Document::parse(): libfyaml's events become nodes. Events rather than libfyaml's own document tree, because only here
// can duplicate keys, depth and aliases be refused with a place before they cost anything.

#include <fmt/format.h>
#include <libfyaml.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <unordered_set>

#include "yaml/document.hpp"
#include "yaml/text_check.hpp"

namespace pgcontract::yaml {
namespace {

struct DiagRelease {
  void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
};
struct ParserRelease {
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};
struct EventRelease {
  fy_parser* parser;
  void operator()(fy_event* event) const { fy_parser_event_free(parser, event); }
};
using Event = std::unique_ptr<fy_event, EventRelease>;

std::string text_of(fy_token* token) {
  std::size_t length = 0;
  const char* text = token == nullptr ? nullptr : fy_token_get_text(token, &length);
  return text == nullptr ? std::string() : std::string(text, length);
}

// The messages of libfyaml that people meet, in our words and with the next step.
struct Wording {
  std::string_view theirs;
  std::string_view ours;  // empty: theirs
  std::string_view hint;
};
constexpr Wording kWordings[] = {
    {"tab ", "a tab is used as indentation", "Indent with spaces."},
    {"nested block mapping on the same line", "a second \": \" on one line",
     "Put a value that contains \": \" in quotes, or start a mapping on the next line."},
    {"without a closing bracket", "a bracket is opened and never closed", "Close it with ] or }."},
    {"without a closing brace", "a brace is opened and never closed", "Close it with }."},
    {"without closing quote", "a quote is opened and never closed", "Close the quote on the same line."},
    {"invalid multiline plain key", "a key without a value", "Write \"key: value\", with a blank after the colon."},
    {"plain scalar cannot start with", "", "Put the value in quotes."},
    {"invalid indentation in mapping", "a key is indented unlike its neighbours",
     "Indent the keys of one mapping by the same number of blanks."},
    {"invalid escape", "", "Use single quotes for text with backslashes."},
};

}  // namespace

class Builder {
 public:
  explicit Builder(Document& document) : document_(document) {}

  Result<void> run();

 private:
  struct Frame {  // a collection that is still open
    Node* node = nullptr;
    std::string anchor;
    std::size_t nodes_before = 0;
    std::optional<Entry> pending;  // a key whose value comes next
    std::unordered_set<std::string> keys;
  };
  struct Anchor {
    const Node* node = nullptr;
    std::size_t nodes = 0;  // how many it counts for, aliases below it included
  };

  Failure refuse(Mark mark, std::string message, std::string hint) const {
    return fail(ErrorCode::InvalidInput, std::move(message), std::move(hint), document_.where(mark));
  }
  Failure syntax_error(fy_diag* diag) const;
  Result<void> take(fy_event* event);
  Result<void> take_scalar(fy_event* event, Node* node);
  Result<void> take_alias(fy_event* event);
  Result<void> open(fy_event* event, Node* node, fy_token* anchor);
  void close(fy_event* event);
  Result<void> place(const Node* node);
  Result<void> place_key(const Node& node);
  Result<Node*> add_node(fy_event* event, fy_token* tag);
  Result<void> count(std::size_t nodes, Mark mark);
  Mark mark_of(fy_event* event) const;
  bool expects_key() const {
    return !open_.empty() && open_.back().node->kind == Node::Kind::Mapping && !open_.back().pending;
  }

  Document& document_;
  std::vector<Frame> open_;
  std::map<std::string, Anchor> anchors_;
  std::size_t nodes_ = 0;
  Mark last_mark_{1, 1};
  std::size_t last_end_ = 0;
  int documents_ = 0;
};

Result<void> Builder::run() {
  fy_diag_cfg diag_config;
  fy_diag_cfg_default(&diag_config);
  diag_config.fp = nullptr;
  diag_config.level = FYET_ERROR;
  const std::unique_ptr<fy_diag, DiagRelease> diag(fy_diag_create(&diag_config));
  if (!diag) return fail(ErrorCode::Bug, "libfyaml could not be set up");
  fy_diag_set_collect_errors(diag.get(), true);

  fy_parse_cfg config{};
  config.diag = diag.get();
  config.flags =
      static_cast<fy_parse_cfg_flags>(int{FYPCF_QUIET} | int{FYPCF_DEFAULT_VERSION_1_2} | int{FYPCF_JSON_NONE});
  const std::unique_ptr<fy_parser, ParserRelease> parser(fy_parser_create(&config));
  if (!parser || fy_parser_set_string(parser.get(), document_.text_.data(), document_.text_.size()) != 0)
    return fail(ErrorCode::Bug, "libfyaml could not be set up");

  while (true) {
    const Event event(fy_parser_parse(parser.get()), EventRelease{parser.get()});
    if (!event) break;
    PGC_CHECK(take(event.get()));
  }
  if (fy_parser_get_stream_error(parser.get())) return syntax_error(diag.get());
  if (document_.root_ == nullptr) {
    document_.root_ = &document_.nodes_.emplace_back();
    document_.nodes_.back().mark = Mark{1, 1};
  }
  return {};
}

Failure Builder::syntax_error(fy_diag* diag) const {
  void* iterator = nullptr;
  const fy_diag_error* first = fy_diag_errors_iterate(diag, &iterator);
  if (first == nullptr) return refuse(last_mark_, "the YAML syntax is broken here", "");
  const std::string_view theirs = first->msg;
  Mark mark{std::max(first->line, 1), std::max(first->column, 1)};
  // libfyaml reports an unclosed bracket at the end of the file, which helps nobody.
  if (theirs.find("without a closing") != theirs.npos && !open_.empty()) mark = open_.back().node->mark;
  for (const auto& wording : kWordings)
    if (theirs.find(wording.theirs) != theirs.npos)
      return refuse(mark, std::string(wording.ours.empty() ? theirs : wording.ours), std::string(wording.hint));
  return refuse(mark, std::string(theirs), "");
}

Mark Builder::mark_of(fy_event* event) const {
  const fy_mark* mark = fy_event_start_mark(event);
  return mark == nullptr ? last_mark_ : Mark{mark->line + 1, mark->column + 1};
}

Result<void> Builder::take(fy_event* event) {
  switch (event->type) {
    case FYET_DOCUMENT_START:
      if (++documents_ > 1)
        return refuse(mark_of(event), "a second document starts here", "Keep one document a file: remove the ---.");
      return {};
    case FYET_SCALAR: {
      PGC_TRY(Node * node, add_node(event, event->scalar.tag));
      return take_scalar(event, node);
    }
    case FYET_ALIAS: return take_alias(event);
    case FYET_MAPPING_START: {
      PGC_TRY(Node * node, add_node(event, event->mapping_start.tag));
      node->kind = Node::Kind::Mapping;
      return open(event, node, event->mapping_start.anchor);
    }
    case FYET_SEQUENCE_START: {
      PGC_TRY(Node * node, add_node(event, event->sequence_start.tag));
      node->kind = Node::Kind::Sequence;
      return open(event, node, event->sequence_start.anchor);
    }
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END: close(event); return {};
    default: return {};
  }
}

Result<void> Builder::count(std::size_t nodes, Mark mark) {
  nodes_ += nodes;
  if (nodes_ > kMaxNodes)
    return refuse(mark, fmt::format("the file holds more than {} values", kMaxNodes),
                  "Aliases count as often as they are used: write less, or split the file.");
  return {};
}

Result<Node*> Builder::add_node(fy_event* event, fy_token* tag) {
  const Mark mark = mark_of(event);
  if (tag != nullptr)
    return refuse(mark, "tags (!name) are not supported",
                  "Remove the tag; put text that looks like a number in quotes.");
  PGC_CHECK(count(1, mark));
  Node& node = document_.nodes_.emplace_back();
  node.mark = mark;
  const fy_mark* start = fy_event_start_mark(event);
  const fy_mark* end = fy_event_end_mark(event);
  node.begin = start == nullptr ? last_end_ : start->input_pos;
  node.end = end == nullptr ? node.begin : end->input_pos;
  return &node;
}

Result<void> Builder::take_scalar(fy_event* event, Node* node) {
  fy_token* token = event->scalar.value;
  const auto style = token == nullptr ? FYSS_PLAIN : fy_token_scalar_style(token);
  node->text = text_of(token);
  node->quoted = style != FYSS_PLAIN;
  if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) {
    // libfyaml's span leaves the quotes out.
    --node->begin;
    ++node->end;
    --node->mark.column;
  }
  last_mark_ = node->mark;
  last_end_ = node->end;
  const std::string anchor = text_of(event->scalar.anchor);
  if (!anchor.empty()) anchors_[anchor] = Anchor{node, 1};
  return expects_key() ? place_key(*node) : place(node);
}

Result<void> Builder::take_alias(fy_event* event) {
  const std::string name = text_of(event->alias.anchor);
  // The event's mark is the name's, one after the asterisk.
  Mark mark = mark_of(event);
  --mark.column;
  const auto found = anchors_.find(name);
  if (found == anchors_.end())
    return refuse(
        mark, fmt::format("the alias *{} names no anchor above it", name),
        fmt::format("Mark the value that is meant with &{}, or put text that starts with * in quotes.", name));
  const auto is_target = [&](const Frame& frame) { return frame.node == found->second.node; };
  if (std::any_of(open_.begin(), open_.end(), is_target))
    return refuse(mark, fmt::format("the alias *{} stands inside the value it names", name),
                  "A value cannot contain itself: write it out.");
  if (expects_key()) return refuse(mark, "an alias is used as a key", "Write the key out.");
  PGC_CHECK(count(found->second.nodes, mark));
  last_mark_ = mark;
  if (const fy_mark* end = fy_event_end_mark(event)) last_end_ = end->input_pos;
  return place(found->second.node);
}

Result<void> Builder::open(fy_event* event, Node* node, fy_token* anchor) {
  if (expects_key())
    return refuse(mark_of(event), "a key must be text, not a mapping or a list", "Write \"key: value\".");
  if (static_cast<int>(open_.size()) >= kMaxDepth)
    return refuse(mark_of(event), fmt::format("values are nested more than {} deep", kMaxDepth), "");
  PGC_CHECK(place(node));
  const std::string name = text_of(anchor);
  if (!name.empty()) anchors_[name] = Anchor{node, 0};
  open_.push_back(Frame{node, name, nodes_ - 1, std::nullopt, {}});
  return {};
}

void Builder::close(fy_event* event) {
  Frame& frame = open_.back();
  Node& node = *frame.node;
  const char bracket = node.begin < document_.text_.size() ? document_.text_[node.begin] : ' ';
  const fy_mark* end = fy_event_end_mark(event);
  // The end of a block is reported where the next token starts, comments between included: its last value counts.
  if ((bracket == '[' || bracket == '{') && end != nullptr) last_end_ = end->input_pos;
  node.end = std::max(node.begin, last_end_);
  if (!frame.anchor.empty()) anchors_[frame.anchor] = Anchor{&node, nodes_ - frame.nodes_before};
  open_.pop_back();
}

Result<void> Builder::place(const Node* node) {
  if (open_.empty()) {
    document_.root_ = node;
    return {};
  }
  Frame& frame = open_.back();
  if (frame.node->kind == Node::Kind::Sequence) {
    frame.node->items.push_back(node);
    return {};
  }
  frame.pending->value = node;
  frame.node->entries.push_back(std::move(*frame.pending));
  frame.pending.reset();
  return {};
}

Result<void> Builder::place_key(const Node& node) {
  Frame& frame = open_.back();
  if (node.is_null()) return refuse(node.mark, "a key is missing before the colon", "Write \"key: value\".");
  if (node.text == "<<" && !node.quoted)
    return refuse(node.mark, "merge keys (<<) are not supported",
                  "Write the keys out, or use an alias for a whole value.");
  if (!frame.keys.insert(node.text).second) {
    const auto first = std::find_if(frame.node->entries.begin(), frame.node->entries.end(),
                                    [&](const Entry& entry) { return entry.key == node.text; });
    return refuse(node.mark, fmt::format("the key \"{}\" is given twice", node.text.substr(0, 80)),
                  fmt::format("It stands on line {} already: keep one of them.", first->mark.line));
  }
  // The mark of a mapping inside a flow sequence ([a: b]) and of one with a quoted first key lies behind its key.
  if (frame.node->entries.empty() && node.begin < frame.node->begin) {
    frame.node->begin = node.begin;
    frame.node->mark = node.mark;
  }
  frame.pending = Entry{node.text, node.mark, nullptr};
  return {};
}

Result<Document> Document::parse(std::string text, std::string file_name) {
  Document document;
  document.text_ = std::move(text);
  document.file_name_ = std::move(file_name);
  if (document.text_.size() > kMaxBytes)
    return fail(ErrorCode::InvalidInput, fmt::format("the file is larger than {} bytes", kMaxBytes),
                "Is this the right file?", document.file_name_);
  if (auto bad = find_bad_byte(document.text_); bad.mark.line != 0)
    return fail(ErrorCode::InvalidInput, std::move(bad.message), std::move(bad.hint), document.where(bad.mark));
  PGC_CHECK(Builder(document).run());
  return document;
}

}  // namespace pgcontract::yaml
