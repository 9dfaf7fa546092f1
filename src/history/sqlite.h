// SQLite in a few lines of C++: the only file pair that includes it. Failures throw Error{kIo} with
// what SQLite says, and Error{kInvalidFile} for a file that is no database. One thread per
// Database; processes may share the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace ridge::history {

// One prepared statement. Parameters and columns count from 0. Lives no longer than its Database.
class Statement {
 public:
  Statement& bind(int64_t value);  // the next parameter
  Statement& bind(double value);
  Statement& bind(std::string_view value);

  bool next();  // runs to the next row; false: there is none
  void run();   // to the end

  int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;  // empty for NULL

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(sqlite3* database, std::string_view sql);
  void check(int result, std::string_view doing) const;

  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int n_bound_ = 0;
};

class Database {
 public:
  // Creates the file where there is none. Waits for other processes up to some seconds.
  explicit Database(const std::filesystem::path& path);

  Statement prepare(std::string_view sql) { return Statement(database_.get(), sql); }
  void execute(std::string_view sql) { prepare(sql).run(); }  // one statement
  int64_t last_id() const;                                    // of the newest inserted row

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

// All or nothing: what is not committed is undone when it ends.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace ridge::history
