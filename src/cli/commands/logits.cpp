// ridge logits: the model's raw answer to a sequence of tokens, for comparing engines.
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/atomic_file.h"
#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/input.h"
#include "cli/options/model_options.h"
#include "cli/token_ids.h"
#include "cli/ui/format.h"
#include "cli/ui/progress.h"

namespace ridge::cli {
namespace {

namespace fs = std::filesystem;

struct LogitsOptions {
  ModelOptions model;
  std::string ids_file;
  std::string out_file;
};

// Appears whole or not at all, unless `path` is a device or a pipe, which nothing may replace.
class LogitsFile {
 public:
  explicit LogitsFile(const fs::path& path) : path_(path) {
    std::error_code error;
    if (fs::exists(path, error) && !fs::is_regular_file(path, error)) {
      stream_.open(path, std::ios::binary);
    } else {
      file_.emplace(path);
    }
  }

  void write(std::span<const std::byte> bytes) {
    if (file_) return file_->write(bytes);
    stream_.write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
    check();
  }

  void finish() {
    if (file_) return file_->commit();
    stream_.close();
    check();
  }

 private:
  void check() const {
    if (!stream_) fail(ErrorCode::kIo, "cannot write to ", path_.string());
  }

  fs::path path_;
  std::optional<AtomicFile> file_;
  std::ofstream stream_;
};

int run_logits(const LogitsOptions& options, Context& context) {
  const auto ids = parse_token_ids(read_text_file(options.ids_file));
  if (ids.empty()) fail(ErrorCode::kInvalidArgument, options.ids_file, " holds no token ids");
  ModelOptions model = options.model;
  if (model.n_context == 0) model.n_context = int64_t(ids.size());
  const LoadedModel loaded = load_model(model, context);
  const int64_t n_vocab = loaded.engine->spec().n_vocab;
  check_token_ids(ids, n_vocab);

  LogitsFile out(options.out_file);
  Progress progress(context.err, {.label = "logits", .unit = Progress::Unit::kCount});
  loaded.engine->logits(ids, [&](int64_t first_row, std::span<const float> rows) {
    out.write(std::as_bytes(rows));
    progress.update(uint64_t(first_row) + rows.size() / size_t(n_vocab), ids.size());
  });
  out.finish();
  progress.clear();
  context.err.line(cat("wrote ", human_count(int64_t(ids.size())), " × ", human_count(n_vocab),
                       " float32 to ", options.out_file));
  return kExitOk;
}

}  // namespace

void add_logits(CommandLine& line, Action& chosen) {
  const CommandText text{
      "logits", "Write the logits after each token of a sequence",
      "FILE holds token ids between blanks or line feeds; nothing is added to them.\n"
      "OUT gets one row of float32 (this machine's byte order) a token, as long as\n"
      "the vocabulary: row i is the distribution of token i+1.\n\n"
      "  ridge logits smollm2-135m --ids ids.txt -o logits.bin"};
  add_command<LogitsOptions>(
      line, chosen, text,
      [](OptionSet& set, LogitsOptions& options) {
        declare_model_options(set, options.model);
        set.value("--ids", options.ids_file, "File of token ids; '-' is standard input").required();
        set.value("-o,--output", options.out_file, "File to write").required();
      },
      run_logits);
}

}  // namespace ridge::cli
