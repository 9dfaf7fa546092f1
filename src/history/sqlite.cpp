#include "history/sqlite.h"

#include <sqlite3.h>

#include "base/error.h"

namespace ridge::history {
namespace {

constexpr int kWaitMilliseconds = 5000;

[[noreturn]] void fail_sqlite(sqlite3* database, int result, std::string_view doing) {
  const bool foreign = result == SQLITE_NOTADB || result == SQLITE_CORRUPT;
  fail(foreign ? ErrorCode::kInvalidFile : ErrorCode::kIo, "the benchmark history: ", doing, ": ",
       database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(result));
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v2(database, sql.data(), int(sql.size()), &statement, nullptr);
  statement_.reset(statement);
  check(result, sql);
}

void Statement::check(int result, std::string_view doing) const {
  if (result != SQLITE_OK) fail_sqlite(database_, result, doing);
}

Statement& Statement::bind(int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), ++n_bound_, value), "a number");
  return *this;
}
Statement& Statement::bind(double value) {
  check(sqlite3_bind_double(statement_.get(), ++n_bound_, value), "a number");
  return *this;
}
Statement& Statement::bind(std::string_view value) {
  check(sqlite3_bind_text(statement_.get(), ++n_bound_, value.data(), int(value.size()),
                          SQLITE_TRANSIENT),
        "a text");
  return *this;
}

bool Statement::next() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) fail_sqlite(database_, result, sqlite3_sql(statement_.get()));
  return false;
}

void Statement::run() {
  while (next()) {
  }
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
double Statement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}
std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  const auto n = size_t(sqlite3_column_bytes(statement_.get(), column));
  return bytes == nullptr ? std::string() : std::string(bytes, n);
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close(database);
}

Database::Database(const std::filesystem::path& path) {
  sqlite3* database = nullptr;
  const int result = sqlite3_open(path.c_str(), &database);
  database_.reset(database);
  if (result != SQLITE_OK) fail_sqlite(database, result, path.string());
  sqlite3_busy_timeout(database, kWaitMilliseconds);
  execute("PRAGMA foreign_keys = ON");
}

int64_t Database::last_id() const {
  return sqlite3_last_insert_rowid(database_.get());
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (...) {  // SQLite has undone it already, as after a full disk
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace ridge::history
