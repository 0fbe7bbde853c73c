#include <chrono>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "command/backup_facts.hpp"
#include "command/list.hpp"
#include "report/progress.hpp"
#include "wal/local_file.hpp"

namespace pgcontract::command {
namespace {

// catalogue.json and its like are never compressed nor encrypted.
walg::Seal seal_of(const BackupPlace& place, const std::string& object) {
  walg::Seal seal = place.seal;
  seal.compression = walg::compression_of(object);
  if (object.ends_with(".json")) seal.key = nullptr;
  return seal;
}

Result<std::uint64_t> fetch(BackupPlace& place, const store::Object& object, wal::FileIn& file,
                            report::Progress& progress) {
  std::uint64_t fetched = 0, plain = 0;
  PGC_TRY(auto decoder, walg::Decoder::make(seal_of(place, object.name), [&](std::string_view bytes) {
            plain += bytes.size();
            return file.add(bytes);
          }));
  const auto got = place.store->get(object.name, {}, [&](std::string_view bytes) {
    fetched += bytes.size();
    progress.advance(static_cast<int>(fetched * 100 / std::max<std::uint64_t>(1, object.size)), megabytes(fetched));
    return decoder.add(bytes);
  });
  progress.end();
  if (!got) return with_context(got.error(), object.name);
  if (auto ended = decoder.finish(); !ended) return with_context(ended.error(), object.name);
  return plain;
}

}  // namespace

Result<Report> run_backup_fetch(const Arguments& arguments) {
  const auto began = std::chrono::steady_clock::now();
  const std::string& name = arguments.positionals.at(0);
  const std::string& path = arguments.positionals.at(1);
  std::error_code none;
  if (std::filesystem::exists(std::filesystem::symlink_status(path, none)))
    return fail(ErrorCode::Conflict, fmt::format("{} is there already", path), "Name a file that does not exist.");
  PGC_TRY(BackupPlace place, open_backup_place(arguments));
  PGC_TRY(const store::Object object, place.store->head(name));
  PGC_TRY(wal::FileIn file, wal::FileIn::create(path));
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  PGC_TRY(const std::uint64_t bytes, fetch(place, object, file, progress));
  PGC_CHECK(file.publish());
  Report report;
  report.command = "backup fetch";
  report.scene = scene_of(place.place, place.store->describe(), nullptr);
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  report.tables.push_back({"file",
                           {{"object", "OBJECT"}, {"file", "FILE"}, {"stored_bytes", "STORED"}, {"bytes", "BYTES"}},
                           {{name, path, std::to_string(object.size), std::to_string(bytes)}}});
  return report;
}

}  // namespace pgcontract::command
