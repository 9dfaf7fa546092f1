// Files cross over to the `gguf` Python package and back: what it writes is read here, and what is
// written here it reads as the same.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "base/strcat.h"
#include "gguf/file.h"
#include "gguf/writer.h"
#include "support/cache.h"
#include "support/temp_folder.h"

namespace ridge::gguf {
namespace {

namespace fs = std::filesystem;
using ::ridge::testing::cache_folder;
using ::ridge::testing::TempFolder;

constexpr const char* kScript = "tools/gguf_peer.py";  // tests run in the root of the sources

// The script's standard output.
std::string run_peer(const std::string& verb, const fs::path& file, const fs::path& output) {
  const fs::path python = cache_folder() / "venv" / "bin" / "python";
  const std::string command = cat("'", python.string(), "' ", kScript, " ", verb, " '",
                                  file.string(), "' > '", output.string(), "'");
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::ifstream in(output, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool peer_is_there() {
  return fs::exists(cache_folder() / "venv" / "bin" / "python");
}

void copy_by_our_writer(const fs::path& from, const fs::path& to) {
  const File file = File::open(from);
  std::vector<TensorDeclaration> tensors;
  for (const TensorInfo& t : file.tensors()) {
    tensors.push_back({t.name, t.dtype, {t.dims.begin(), t.dims.begin() + t.rank}});
  }
  Writer writer(to, file.metadata(), tensors);
  for (const TensorInfo& t : file.tensors()) {
    std::vector<std::byte> bytes(t.n_bytes);
    file.read(t, 0, bytes);
    writer.write(bytes);
  }
  writer.finish();
}

TEST(Peer, FilesCrossOverAndBackUnchanged) {
  if (!peer_is_there()) GTEST_SKIP() << "the Python packages are not installed";
  const TempFolder folder;
  run_peer("write", folder / "theirs.gguf", folder / "log");
  copy_by_our_writer(folder / "theirs.gguf", folder / "ours.gguf");
  const std::string theirs = run_peer("dump", folder / "theirs.gguf", folder / "theirs");
  EXPECT_EQ(run_peer("dump", folder / "ours.gguf", folder / "ours"), theirs);
  EXPECT_EQ(std::count(theirs.begin(), theirs.end(), '\n'), 17 + 3);
}

TEST(Peer, ValuesAreReadAsTheyWereWritten) {
  if (!peer_is_there()) GTEST_SKIP() << "the Python packages are not installed";
  const TempFolder folder;
  run_peer("write", folder / "theirs.gguf", folder / "log");
  const File file = File::open(folder / "theirs.gguf");
  const Metadata& m = file.metadata();
  EXPECT_EQ(m.get_uint("u64"), 18446744073709551615u);
  EXPECT_EQ(m.get_int("i64"), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(m.get_float("f32"), double(0.1f));
  EXPECT_EQ(m.get_float("f64"), 0.1);
  EXPECT_EQ(m.get_bool("b"), true);
  EXPECT_EQ(m.get_string("s"), "naïve \n text");
  EXPECT_EQ(m.get_ints("ints"), (std::vector<int64_t>{-1, 2, 3}));
  EXPECT_EQ(m.get_floats("floats"), (std::vector<float>{0.5f, -2.0f}));
  EXPECT_EQ(m.get_bools("bools"), (std::vector<bool>{true, false}));
  ASSERT_EQ(m.get_strings("strings").size(), 3u);
  EXPECT_EQ(m.get_strings("strings")[2], "日本");

  const TensorInfo& f32 = *file.find("f32");
  EXPECT_EQ(f32.dims, (std::array<int64_t, 4>{5, 3, 1, 1}));
  std::vector<float> values(15);
  file.read(f32, 0, std::as_writable_bytes(std::span(values)));
  for (int i = 0; i < 15; ++i) EXPECT_EQ(values[size_t(i)], float(i));
}

TEST(Peer, TheDefaultModelIsCopiedUnchanged) {
  const fs::path model = ::ridge::testing::model_file("smollm2-135m");
  if (!fs::exists(model)) GTEST_SKIP() << model << " is not downloaded";
  const TempFolder folder;
  copy_by_our_writer(model, folder / "copy.gguf");
  const File before = File::open(model);
  const File after = File::open(folder / "copy.gguf");
  ASSERT_EQ(after.tensors().size(), before.tensors().size());
  for (size_t i = 0; i < before.tensors().size(); ++i) {
    std::vector<std::byte> a(before.tensors()[i].n_bytes);
    std::vector<std::byte> b(after.tensors()[i].n_bytes);
    before.read(before.tensors()[i], 0, a);
    after.read(after.tensors()[i], 0, b);
    ASSERT_EQ(a, b) << before.tensors()[i].name;
  }
}

}  // namespace
}  // namespace ridge::gguf
