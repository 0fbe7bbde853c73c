#include "command/tenant_input.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>

#include "base/text_file.hpp"
#include "command/world.hpp"

namespace pgcontract::command {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{64} * 1024 * 1024;

Result<std::string> read_standard_input() {
  std::string text;
  std::array<char, 65536> buffer{};
  while (text.size() <= kMaxBytes) {
    const ssize_t count = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(ErrorCode::Io, "standard input cannot be read");
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return fail(ErrorCode::InvalidInput, fmt::format("standard input is larger than {} bytes", kMaxBytes));
}

}  // namespace

Result<std::vector<contract::ListedTenant>> asked_tenants(const Arguments& arguments) {
  if (arguments.has("--from") == !arguments.positionals.empty())
    return fail(ErrorCode::Usage, "name the tenants by their ids, or give a list with --from",
                "Either ID… or --from FILE; \"-\" is standard input.");
  if (arguments.has("--from")) {
    const std::string source = arguments.get("--from");
    if (source == "-") {
      PGC_TRY(const std::string text, read_standard_input());
      return contract::parse_tenants(text, "standard input");
    }
    PGC_TRY(const auto file, read_text_file(source, kMaxBytes));
    return contract::parse_tenants(file.text.reveal(), source);
  }
  std::vector<contract::ListedTenant> tenants;
  std::map<Uuid, std::string> seen;
  for (const auto& text : arguments.positionals) {
    PGC_TRY(const Uuid id, tenant_argument(text));
    if (const auto [first, is_new] = seen.emplace(id, text); !is_new)
      return fail(ErrorCode::Usage, fmt::format("{} and {} are the same tenant", first->second, text));
    tenants.push_back({id, id.canonical()});
  }
  return tenants;
}

std::vector<Uuid> ids_of(const std::vector<contract::ListedTenant>& tenants) {
  std::vector<Uuid> ids;
  for (const auto& tenant : tenants) ids.push_back(tenant.id);
  return ids;
}

Outcome outcome_on(const Uuid& tenant, std::string_view clause, std::optional<Error> error) {
  Outcome outcome;
  outcome.step.clause = clause;
  outcome.step.object = "tenant " + tenant.canonical();
  outcome.step.tenant = tenant;
  outcome.state = error ? StepState::Failed : StepState::Unneeded;
  outcome.error = std::move(error);
  return outcome;
}

void put_first(std::vector<Outcome> outcomes, Application& application) {
  for (auto& outcome : application.outcomes) outcomes.push_back(std::move(outcome));
  application.outcomes = std::move(outcomes);
  int number = 0;
  for (auto& outcome : application.outcomes) outcome.step.number = ++number;
}

std::string counted_tenants(std::size_t count) {
  return fmt::format("{} {}", count, count == 1 ? "tenant" : "tenants");
}

}  // namespace pgcontract::command
