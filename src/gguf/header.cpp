#include "gguf/header.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/checked.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "gguf/cursor.h"
#include "gguf/limits.h"

namespace ridge::gguf {
namespace {

static_assert(std::endian::native == std::endian::little, "GGUF is read as the host stores it");

struct Lookalike {
  std::string_view first_bytes;
  std::string_view what;
};

// What people have in hand when it is not GGUF.
constexpr Lookalike kLookalikes[] = {
    {"version https://git-lfs", "a Git LFS pointer: the model itself was not downloaded"},
    {"<!DOCTYPE", "a web page: the download gave an HTML page in place of the model"},
    {"<!doctype", "a web page: the download gave an HTML page in place of the model"},
    {"<html", "a web page: the download gave an HTML page in place of the model"},
    {"tjgg", "a GGJT file, a format older than GGUF"},
    {"lmgg", "a GGML file, a format older than GGUF"},
    {"fmgg", "a GGMF file, a format older than GGUF"},
    {"algg", "a GGLA adapter, a format older than GGUF"},
    {"PK\x03\x04", "a ZIP archive or a PyTorch checkpoint"},
};

[[noreturn]] void fail_magic(const FileReader& file) {
  std::string start(std::min<uint64_t>(file.size(), 32), '\0');
  file.read_at(0, std::as_writable_bytes(std::span(start)));
  for (const Lookalike& known : kLookalikes) {
    if (start.starts_with(known.first_bytes)) {
      fail(ErrorCode::kInvalidFile, file.path().string(), " is not a GGUF file but ", known.what);
    }
  }
  fail(ErrorCode::kInvalidFile, file.path().string(), " is not a GGUF file: it begins with ",
       in_quotes(std::string_view(start).substr(0, 4)), ", wanted 'GGUF'");
}

uint32_t byte_swapped(uint32_t v) {
  return v >> 24 | (v >> 8 & 0xff00) | (v << 8 & 0xff0000) | v << 24;
}

uint32_t read_version(Cursor& in) {
  constexpr uint32_t kMagic = 0x46554747;  // "GGUF"
  if (in.remaining() < 4 || in.read<uint32_t>("magic") != kMagic) fail_magic(in.file());
  const auto version = in.read<uint32_t>("version");
  if (version == 2 || version == 3) return version;
  if (const uint32_t swapped = byte_swapped(version); swapped >= 1 && swapped <= 3) {
    in.fail_unsupported(" is big-endian (GGUF version ", swapped,
                        "); only little-endian files are supported");
  }
  in.fail_unsupported(" has GGUF version ", version, "; versions 2 and 3 are supported");
}

// A count of things that take at least min_bytes each in the file.
uint64_t read_count(Cursor& in, std::string_view what, uint64_t max, uint64_t min_bytes) {
  const auto n = in.read<uint64_t>(what);
  if (n > max) in.fail_invalid(": ", what, " is ", n, ", at most ", max, " allowed");
  if (n > in.remaining() / min_bytes) {
    in.fail_invalid(": ", what, " is ", n, ", which needs at least ", n * min_bytes,
                    " bytes, but only ", in.remaining(), " are left");
  }
  return n;
}

ValueType read_value_type(Cursor& in, std::string_view what) {
  const auto id = in.read<uint32_t>(what);
  if (id > uint32_t(ValueType::kF64)) {
    in.fail_invalid(": ", what, " is ", id, ", wanted 0 to ", uint32_t(ValueType::kF64));
  }
  return ValueType(id);
}

bool read_bool(Cursor& in) {
  const auto byte = in.read<uint8_t>("value");
  if (byte > 1) in.fail_invalid(": bool is ", byte, ", wanted 0 or 1");
  return byte != 0;
}

uint64_t read_unsigned(Cursor& in, ValueType type) {
  switch (type) {
    case ValueType::kU8:
      return in.read<uint8_t>("value");
    case ValueType::kU16:
      return in.read<uint16_t>("value");
    case ValueType::kU32:
      return in.read<uint32_t>("value");
    case ValueType::kBool:
      return read_bool(in) ? 1 : 0;
    default:
      return in.read<uint64_t>("value");
  }
}

int64_t read_signed(Cursor& in, ValueType type) {
  switch (type) {
    case ValueType::kI8:
      return in.read<int8_t>("value");
    case ValueType::kI16:
      return in.read<int16_t>("value");
    case ValueType::kI32:
      return in.read<int32_t>("value");
    default:
      return in.read<int64_t>("value");
  }
}

double read_float(Cursor& in, ValueType type) {
  return type == ValueType::kF32 ? double(in.read<float>("value")) : in.read<double>("value");
}

template <class T, class Read>
void fill(std::vector<T>& values, uint64_t n, Read read) {
  values.reserve(n);
  for (uint64_t i = 0; i < n; ++i) values.push_back(read());
}

Array read_array(Cursor& in) {
  Array array;
  array.element_type = read_value_type(in, "type of the array's elements");
  if (array.element_type == ValueType::kArray) {
    in.fail_unsupported(": arrays of arrays are not supported, and no published model has one");
  }
  const uint64_t n =
      read_count(in, "length of the array", kMaxArrayElements, stored_bytes(array.element_type));
  switch (kind(array.element_type)) {
    case ValueKind::kUnsigned:
    case ValueKind::kBool:
      fill(array.unsigned_values, n, [&] { return read_unsigned(in, array.element_type); });
      break;
    case ValueKind::kSigned:
      fill(array.signed_values, n, [&] { return read_signed(in, array.element_type); });
      break;
    case ValueKind::kFloat:
      fill(array.float_values, n, [&] { return read_float(in, array.element_type); });
      break;
    default:
      fill(array.strings, n,
           [&] { return in.read_string("string of the array", kMaxStringBytes); });
  }
  return array;
}

Value read_value(Cursor& in) {
  Value value;
  value.type = read_value_type(in, "type of the value");
  switch (kind(value.type)) {
    case ValueKind::kUnsigned:
      value.data = read_unsigned(in, value.type);
      break;
    case ValueKind::kSigned:
      value.data = read_signed(in, value.type);
      break;
    case ValueKind::kFloat:
      value.data = read_float(in, value.type);
      break;
    case ValueKind::kBool:
      value.data = read_bool(in);
      break;
    case ValueKind::kString:
      value.data = in.read_string("string", kMaxStringBytes);
      break;
    case ValueKind::kArray:
      value.data = read_array(in);
      break;
  }
  return value;
}

std::string read_name(Cursor& in, std::string_view what, uint64_t max_bytes) {
  std::string text = in.read_string(what, max_bytes);
  if (text.empty()) in.fail_invalid(": ", what, " is empty");
  if (const auto bad = find_invalid_utf8(text)) {
    in.fail_invalid(": ", what, " ", in_quotes(text), " is not UTF-8 (byte ", *bad, ")");
  }
  return text;
}

Metadata read_metadata(Cursor& in, uint64_t n_keys) {
  Metadata metadata;
  for (uint64_t i = 0; i < n_keys; ++i) {
    in.set_subject(cat("key ", i));
    std::string key = read_name(in, "name", kMaxKeyBytes);
    in.set_subject(cat("key ", in_quotes(key)));
    if (metadata.find(key)) in.fail_invalid(" appears twice");
    Value value = read_value(in);
    metadata.set(std::move(key), std::move(value));
  }
  return metadata;
}

uint64_t alignment_of(Cursor& in, const Metadata& metadata) {
  const Value* value = metadata.find("general.alignment");
  if (!value) return kDefaultAlignment;
  in.set_subject("key 'general.alignment'");
  if (value->type != ValueType::kU32) {
    in.fail_invalid(" is of type ", name(value->type), ", wanted u32");
  }
  const uint64_t alignment = std::get<uint64_t>(value->data);
  if (!std::has_single_bit(alignment) || alignment < kMinAlignment || alignment > kMaxAlignment) {
    in.fail_invalid(" is ", alignment, ", wanted a power of two from ", kMinAlignment, " to ",
                    kMaxAlignment);
  }
  return alignment;
}

struct ForeignType {
  uint32_t id;
  std::string_view name;
};

// Ids that mean something elsewhere, for a message that says so.
constexpr ForeignType kForeignTypes[] = {
    {4, "Q4_2, removed from the format"},
    {5, "Q4_3, removed from the format"},
    {9, "Q8_1, for activations only"},
    {15, "Q8_K, for activations only"},
    {24, "I8"},
    {25, "I16"},
    {26, "I32"},
    {27, "I64"},
    {28, "F64"},
    {31, "Q4_0_4_4, removed from the format"},
    {32, "Q4_0_4_8, removed from the format"},
    {33, "Q4_0_8_8, removed from the format"},
    {36, "IQ4_NL_4_4, removed from the format"},
    {37, "IQ4_NL_4_8, removed from the format"},
    {38, "IQ4_NL_8_8, removed from the format"},
};

DType read_dtype(Cursor& in) {
  const auto id = in.read<uint32_t>("type");
  if (const auto dtype = dtype_from_gguf(id)) return *dtype;
  const auto known = std::find_if(std::begin(kForeignTypes), std::end(kForeignTypes),
                                  [&](const ForeignType& type) { return type.id == id; });
  const std::string_view meaning = known == std::end(kForeignTypes) ? "unknown" : known->name;
  in.fail_unsupported(" has type ", id, " (", meaning, "), which is not supported");
}

void read_dims(Cursor& in, TensorInfo& tensor) {
  const auto rank = in.read<uint32_t>("number of dimensions");
  if (rank < 1 || rank > kMaxRank) {
    in.fail_invalid(" has ", rank, " dimensions, wanted 1 to ", kMaxRank);
  }
  tensor.rank = int(rank);
  int64_t n_elements = 1;
  for (uint32_t i = 0; i < rank; ++i) {
    const auto dim = in.read<int64_t>("dimension");
    if (dim < 1) in.fail_invalid(": dimension ", i, " is ", dim, ", wanted 1 or more");
    const auto product = checked_mul(n_elements, dim);
    if (!product) in.fail_invalid(": dimension ", i, " is ", dim, ": more than 2^63 elements");
    n_elements = *product;
    tensor.dims[i] = dim;
  }
}

uint64_t tensor_bytes(Cursor& in, const TensorInfo& tensor) {
  const DTypeInfo& type = info(tensor.dtype);
  if (tensor.dims[0] % type.block_size != 0) {
    in.fail_invalid(": a row has ", tensor.dims[0], " elements, wanted a multiple of ",
                    type.block_size, " for ", type.name);
  }
  const auto n_blocks = uint64_t(tensor.n_elements() / type.block_size);
  const auto n_bytes = checked_mul(n_blocks, uint64_t(type.block_bytes));
  if (!n_bytes) in.fail_invalid(" has ", tensor.n_elements(), " elements: more than 2^64 bytes");
  return *n_bytes;
}

TensorInfo read_tensor_info(Cursor& in, uint64_t i) {
  TensorInfo tensor;
  in.set_subject(cat("tensor ", i));
  tensor.name = read_name(in, "name", kMaxTensorNameBytes);
  in.set_subject(cat("tensor ", in_quotes(tensor.name)));
  read_dims(in, tensor);
  tensor.dtype = read_dtype(in);
  tensor.n_bytes = tensor_bytes(in, tensor);
  tensor.offset = in.read<uint64_t>("offset");
  return tensor;
}

// Turns the offset from the start of the data into one from the start of the file.
void place(Cursor& in, TensorInfo& tensor, uint64_t data_begin, uint64_t alignment) {
  in.set_subject(cat("tensor ", in_quotes(tensor.name)));
  if (tensor.offset % alignment != 0) {
    in.fail_invalid(" has offset ", tensor.offset, ", wanted a multiple of ", alignment);
  }
  const auto begin = checked_add(data_begin, tensor.offset);
  const auto end = begin ? checked_add(*begin, tensor.n_bytes) : std::nullopt;
  if (!end) {
    in.fail_invalid(" has offset ", tensor.offset, " and ", tensor.n_bytes,
                    " bytes: its end is past 2^64");
  }
  if (*end > in.file().size()) {
    in.fail_invalid(" ends at byte ", *end, ", but the file has only ", in.file().size(),
                    " bytes: it is incomplete or damaged");
  }
  tensor.offset = *begin;
}

void check_no_overlap(Cursor& in, const std::vector<TensorInfo>& tensors) {
  std::vector<uint32_t> order(tensors.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return tensors[a].offset < tensors[b].offset; });
  for (size_t i = 1; i < order.size(); ++i) {
    const TensorInfo& before = tensors[order[i - 1]];
    const TensorInfo& after = tensors[order[i]];
    if (before.offset + before.n_bytes <= after.offset) continue;
    in.set_subject(cat("tensor ", in_quotes(after.name)));
    in.fail_invalid(" begins at byte ", after.offset, ", before the end of ",
                    in_quotes(before.name), " at ", before.offset + before.n_bytes);
  }
}

}  // namespace

Header read_header(const FileReader& file) {
  // Name length, type and one byte; name length, one byte, rank, one dimension, type, offset.
  constexpr uint64_t kMinKeyBytes = 8 + 1 + 4 + 1;
  constexpr uint64_t kMinTensorBytes = 8 + 1 + 4 + 8 + 4 + 8;

  Cursor in(file);
  in.set_subject("the header");
  Header header;
  header.version = read_version(in);
  const uint64_t n_tensors = read_count(in, "number of tensors", kMaxTensors, kMinTensorBytes);
  const uint64_t n_keys = read_count(in, "number of keys", kMaxKeys, kMinKeyBytes);
  header.metadata = read_metadata(in, n_keys);
  const uint64_t alignment = alignment_of(in, header.metadata);

  header.tensors.reserve(n_tensors);
  for (uint64_t i = 0; i < n_tensors; ++i) header.tensors.push_back(read_tensor_info(in, i));
  const uint64_t data_begin = checked_align(in.position(), alignment).value();
  for (TensorInfo& tensor : header.tensors) place(in, tensor, data_begin, alignment);
  check_no_overlap(in, header.tensors);
  return header;
}

}  // namespace ridge::gguf
