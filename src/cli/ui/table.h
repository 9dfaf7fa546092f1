// A table of text, columns aligned by what they hold. One thread.
#pragma once

#include <string>
#include <vector>

namespace ridge::cli {

enum class Align { kLeft, kRight };

class Table {
 public:
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> cells);  // as many as there are columns
  // Lines with a line feed each, the titles first unless all are empty; no blanks at line ends.
  std::string str() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace ridge::cli
