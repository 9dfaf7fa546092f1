#include "history/history.h"

#include <charconv>

#include "base/error.h"

namespace ridge::history {
namespace {

constexpr int64_t kVersion = 1;

constexpr const char* kTables[] = {
    R"(CREATE TABLE run (
      id INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT NOT NULL, label TEXT NOT NULL,
      engine TEXT NOT NULL, build TEXT NOT NULL, machine TEXT NOT NULL, machine_id TEXT NOT NULL,
      mac_roof REAL NOT NULL))",
    R"(CREATE TABLE warning (
      run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, text TEXT NOT NULL))",
    R"(CREATE TABLE result (
      id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
      model TEXT NOT NULL, model_type TEXT NOT NULL, model_size INTEGER NOT NULL,
      model_n_params INTEGER NOT NULL, backend TEXT NOT NULL, n_threads INTEGER NOT NULL,
      n_ubatch INTEGER NOT NULL, type_k TEXT NOT NULL, type_v TEXT NOT NULL,
      n_prompt INTEGER NOT NULL, n_gen INTEGER NOT NULL, n_depth INTEGER NOT NULL,
      n_columns INTEGER NOT NULL, n_tokens REAL NOT NULL, bytes_per_token REAL NOT NULL,
      macs_per_token REAL NOT NULL))",
    R"(CREATE TABLE sample (
      result INTEGER NOT NULL REFERENCES result ON DELETE CASCADE, seconds REAL NOT NULL,
      bandwidth REAL NOT NULL))",
    "CREATE INDEX warning_run ON warning (run)",
    "CREATE INDEX result_run ON result (run)",
    "CREATE INDEX sample_result ON sample (result)",
    "PRAGMA user_version = 1",
};

std::filesystem::path with_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) {
    fail(ErrorCode::kIo, "cannot make the folder ", path.parent_path().string(), ": ",
         error.message());
  }
  return path;
}

int64_t version_of(Database& database) {
  Statement statement = database.prepare("PRAGMA user_version");
  return statement.next() ? statement.integer(0) : 0;
}

std::optional<int64_t> parse_number(std::string_view text) {
  int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int64_t> only_id(Statement& statement) {
  if (!statement.next()) return std::nullopt;
  return statement.integer(0);
}

constexpr const char* kRunColumns = "id, time, label, engine, build, machine, machine_id, mac_roof";

RunRecord read_run(const Statement& row) {
  return {.id = row.integer(0),
          .time = row.text(1),
          .label = row.text(2),
          .engine = row.text(3),
          .build = row.text(4),
          .machine = row.text(5),
          .machine_id = row.text(6),
          .mac_roof = row.real(7)};
}

ResultRecord read_result(const Statement& row) {
  return {.model = row.text(1),
          .model_type = row.text(2),
          .model_size = row.integer(3),
          .model_n_params = row.integer(4),
          .backend = row.text(5),
          .n_threads = row.integer(6),
          .n_ubatch = row.integer(7),
          .type_k = row.text(8),
          .type_v = row.text(9),
          .n_prompt = row.integer(10),
          .n_gen = row.integer(11),
          .n_depth = row.integer(12),
          .n_columns = row.integer(13),
          .n_tokens = row.real(14),
          .bytes_per_token = row.real(15),
          .macs_per_token = row.real(16)};
}

void insert_result(Database& database, int64_t run, const ResultRecord& r) {
  database
      .prepare(
          "INSERT INTO result (run, model, model_type, model_size, model_n_params, backend, "
          "n_threads, n_ubatch, type_k, type_v, n_prompt, n_gen, n_depth, n_columns, "
          "n_tokens, bytes_per_token, macs_per_token) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(run)
      .bind(r.model)
      .bind(r.model_type)
      .bind(r.model_size)
      .bind(r.model_n_params)
      .bind(r.backend)
      .bind(r.n_threads)
      .bind(r.n_ubatch)
      .bind(r.type_k)
      .bind(r.type_v)
      .bind(r.n_prompt)
      .bind(r.n_gen)
      .bind(r.n_depth)
      .bind(r.n_columns)
      .bind(r.n_tokens)
      .bind(r.bytes_per_token)
      .bind(r.macs_per_token)
      .run();
  const int64_t id = database.last_id();
  for (const SampleRecord& sample : r.samples) {
    database.prepare("INSERT INTO sample (result, seconds, bandwidth) VALUES (?, ?, ?)")
        .bind(id)
        .bind(sample.seconds)
        .bind(sample.bandwidth)
        .run();
  }
}

}  // namespace

History::History(const std::filesystem::path& path) : database_(with_folder(path)) {
  Transaction transaction(database_);
  const int64_t version = version_of(database_);
  if (version > kVersion) {
    fail(ErrorCode::kUnsupported, path.string(), " is a history of version ", version,
         ", written by a newer ridge; this one reads version ", kVersion);
  }
  if (version == 0) {
    for (const char* sql : kTables) database_.execute(sql);
  }
  transaction.commit();
}

int64_t History::add(const RunRecord& run) {
  Transaction transaction(database_);
  database_
      .prepare(
          "INSERT INTO run (time, label, engine, build, machine, machine_id, mac_roof) "
          "VALUES (?, ?, ?, ?, ?, ?, ?)")
      .bind(run.time)
      .bind(run.label)
      .bind(run.engine)
      .bind(run.build)
      .bind(run.machine)
      .bind(run.machine_id)
      .bind(run.mac_roof)
      .run();
  const int64_t id = database_.last_id();
  for (const std::string& warning : run.warnings) {
    database_.prepare("INSERT INTO warning (run, text) VALUES (?, ?)").bind(id).bind(warning).run();
  }
  for (const ResultRecord& result : run.results) insert_result(database_, id, result);
  transaction.commit();
  return id;
}

std::vector<RunRecord> History::list(int64_t limit) {
  Statement rows = database_.prepare("SELECT id FROM run ORDER BY id DESC LIMIT ?");
  rows.bind(limit);
  std::vector<int64_t> ids;
  while (rows.next()) ids.push_back(rows.integer(0));
  std::vector<RunRecord> runs;
  for (int64_t id : ids) runs.push_back(load(id));
  return runs;
}

std::optional<int64_t> History::id_of(std::string_view name) {
  if (const auto number = parse_number(name)) {
    Statement by_id = database_.prepare("SELECT id FROM run WHERE id = ?");
    return only_id(by_id.bind(*number));
  }
  constexpr std::string_view kLast = "last";
  if (name.starts_with(kLast)) {
    const std::string_view rest = name.substr(kLast.size());
    const auto back = rest.empty()            ? std::optional<int64_t>(0)
                      : rest.starts_with('~') ? parse_number(rest.substr(1))
                                              : std::nullopt;
    if (back && *back >= 0) {
      Statement from_end =
          database_.prepare("SELECT id FROM run ORDER BY id DESC LIMIT 1 OFFSET ?");
      return only_id(from_end.bind(*back));
    }
  }
  Statement by_label =
      database_.prepare("SELECT id FROM run WHERE label = ? ORDER BY id DESC LIMIT 1");
  return only_id(by_label.bind(name));
}

RunRecord History::find(std::string_view name) {
  const auto id = id_of(name);
  if (!id) {
    fail(ErrorCode::kNotFound, "the history has no run '", name,
         "': wanted is a number, 'last', 'last~1' or a label that 'ridge bench history' shows");
  }
  return load(*id);
}

RunRecord History::load(int64_t id) {
  Statement row = database_.prepare(cat("SELECT ", kRunColumns, " FROM run WHERE id = ?"));
  row.bind(id);
  if (!row.next()) fail(ErrorCode::kNotFound, "the history has no run ", id);
  RunRecord run = read_run(row);
  Statement warnings = database_.prepare("SELECT text FROM warning WHERE run = ? ORDER BY rowid");
  warnings.bind(id);
  while (warnings.next()) run.warnings.push_back(warnings.text(0));
  Statement results = database_.prepare(
      "SELECT id, model, model_type, model_size, model_n_params, backend, n_threads, n_ubatch, "
      "type_k, type_v, n_prompt, n_gen, n_depth, n_columns, n_tokens, bytes_per_token, "
      "macs_per_token FROM result WHERE run = ? ORDER BY id");
  results.bind(id);
  while (results.next()) {
    ResultRecord result = read_result(results);
    Statement samples =
        database_.prepare("SELECT seconds, bandwidth FROM sample WHERE result = ? ORDER BY rowid");
    samples.bind(results.integer(0));
    while (samples.next()) {
      result.samples.push_back({.seconds = samples.real(0), .bandwidth = samples.real(1)});
    }
    run.results.push_back(std::move(result));
  }
  return run;
}

void History::remove(int64_t id) {
  database_.prepare("DELETE FROM run WHERE id = ?").bind(id).run();
}

}  // namespace ridge::history
