#include "gguf/writer.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

#include "base/checked.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "gguf/limits.h"
#include "gguf/split.h"

namespace ridge::gguf {
namespace {

static_assert(std::endian::native == std::endian::little, "GGUF is written as the host stores it");

template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  fail(ErrorCode::kInvalidArgument, parts...);
}

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_string(std::string& out, std::string_view text) {
  if (text.size() > kMaxStringBytes) {
    refuse("a string has ", text.size(), " bytes, at most ", kMaxStringBytes, " allowed");
  }
  put(out, uint64_t(text.size()));
  out += text;
}

void put_name(std::string& out, std::string_view what, std::string_view text, uint64_t max_bytes) {
  if (text.empty()) refuse(what, " is empty");
  if (text.size() > max_bytes) {
    refuse(what, " ", in_quotes(text), " has ", text.size(), " bytes, at most ", max_bytes,
           " allowed");
  }
  if (!is_valid_utf8(text)) refuse(what, " ", in_quotes(text), " is not UTF-8");
  put_string(out, text);
}

// Writes value as T, into which it must fit.
template <class T, class From>
void put_as(std::string& out, std::string_view key, ValueType type, From value) {
  if constexpr (std::is_integral_v<T> && std::is_integral_v<From>) {
    if (!std::in_range<T>(value)) {
      refuse("key ", in_quotes(key), ": ", value, " does not fit ", name(type));
    }
  }
  put(out, T(value));
}

template <class From>
void put_number(std::string& out, std::string_view key, ValueType type, From value) {
  switch (type) {
    case ValueType::kU8:
      return put_as<uint8_t>(out, key, type, value);
    case ValueType::kI8:
      return put_as<int8_t>(out, key, type, value);
    case ValueType::kU16:
      return put_as<uint16_t>(out, key, type, value);
    case ValueType::kI16:
      return put_as<int16_t>(out, key, type, value);
    case ValueType::kU32:
      return put_as<uint32_t>(out, key, type, value);
    case ValueType::kI32:
      return put_as<int32_t>(out, key, type, value);
    case ValueType::kU64:
      return put_as<uint64_t>(out, key, type, value);
    case ValueType::kI64:
      return put_as<int64_t>(out, key, type, value);
    case ValueType::kF32:
      return put(out, float(value));
    case ValueType::kF64:
      return put(out, double(value));
    case ValueType::kBool:
      return put(out, uint8_t(value != From(0)));
    default:
      refuse("key ", in_quotes(key), " is of type ", name(type), " but holds a number");
  }
}

void put_array(std::string& out, std::string_view key, const Array& array) {
  if (array.element_type == ValueType::kArray) refuse("key ", in_quotes(key), " nests arrays");
  if (array.size() > kMaxArrayElements) {
    refuse("key ", in_quotes(key), " has ", array.size(), " elements, at most ", kMaxArrayElements,
           " allowed");
  }
  put(out, uint32_t(array.element_type));
  put(out, uint64_t(array.size()));
  const auto put_all = [&](const auto& values) {
    for (const auto v : values) put_number(out, key, array.element_type, v);
  };
  switch (kind(array.element_type)) {
    case ValueKind::kSigned:
      return put_all(array.signed_values);
    case ValueKind::kFloat:
      return put_all(array.float_values);
    case ValueKind::kString:
      for (const std::string& text : array.strings) put_string(out, text);
      return;
    default:
      return put_all(array.unsigned_values);
  }
}

bool holds(const Value& value, ValueKind wanted) {
  constexpr ValueKind kAlternatives[] = {ValueKind::kUnsigned, ValueKind::kSigned,
                                         ValueKind::kFloat,    ValueKind::kBool,
                                         ValueKind::kString,   ValueKind::kArray};
  return kAlternatives[value.data.index()] == wanted;
}

void put_entry(std::string& out, std::string_view key, const Value& value) {
  put_name(out, "key", key, kMaxKeyBytes);
  if (!holds(value, kind(value.type))) {
    refuse("key ", in_quotes(key), " is of type ", name(value.type), " but holds something else");
  }
  put(out, uint32_t(value.type));
  if (const auto* text = std::get_if<std::string>(&value.data)) return put_string(out, *text);
  if (const auto* array = std::get_if<Array>(&value.data)) return put_array(out, key, *array);
  if (const auto* flag = std::get_if<bool>(&value.data)) return put(out, uint8_t(*flag));
  if (const auto* v = std::get_if<double>(&value.data)) return put_number(out, key, value.type, *v);
  if (const auto* v = std::get_if<int64_t>(&value.data)) {
    return put_number(out, key, value.type, *v);
  }
  put_number(out, key, value.type, std::get<uint64_t>(value.data));
}

uint64_t alignment_of(const Metadata& metadata) {
  const Value* value = metadata.find("general.alignment");
  if (!value) return kDefaultAlignment;
  const uint64_t alignment = metadata.require_uint("general.alignment");
  if (value->type != ValueType::kU32 || !std::has_single_bit(alignment) ||
      alignment < kMinAlignment || alignment > kMaxAlignment) {
    refuse("general.alignment is ", alignment, " (", name(value->type),
           "), wanted a u32, a power of two from ", kMinAlignment, " to ", kMaxAlignment);
  }
  return alignment;
}

uint64_t n_bytes_of(const TensorDeclaration& tensor) {
  const std::string subject = cat("tensor ", in_quotes(tensor.name));
  if (tensor.dims.empty() || tensor.dims.size() > kMaxRank) {
    refuse(subject, " has ", tensor.dims.size(), " dimensions, wanted 1 to ", kMaxRank);
  }
  const DTypeInfo& type = info(tensor.dtype);
  if (tensor.dims[0] % type.block_size != 0) {
    refuse(subject, ": a row has ", tensor.dims[0], " elements, wanted a multiple of ",
           type.block_size, " for ", type.name);
  }
  std::optional<int64_t> n_bytes = type.block_bytes;
  for (size_t i = 0; i < tensor.dims.size() && n_bytes; ++i) {
    const int64_t dim = tensor.dims[i];
    if (dim < 1) refuse(subject, ": dimension ", i, " is ", dim, ", wanted 1 or more");
    n_bytes = checked_mul(*n_bytes, i == 0 ? dim / type.block_size : dim);
  }
  if (!n_bytes) refuse(subject, " has more than 2^63 bytes");
  return uint64_t(*n_bytes);
}

void check_unique(std::span<const TensorDeclaration> tensors) {
  std::set<std::string_view> names;
  for (const TensorDeclaration& tensor : tensors) {
    if (!names.insert(tensor.name).second) {
      refuse("tensor ", in_quotes(tensor.name), " is declared twice");
    }
  }
}

void put_tensor(std::string& out, const TensorDeclaration& tensor, uint64_t offset) {
  put_name(out, "name of a tensor", tensor.name, kMaxTensorNameBytes);
  put(out, uint32_t(tensor.dims.size()));
  for (const int64_t dim : tensor.dims) put(out, dim);
  put(out, info(tensor.dtype).gguf_id);
  put(out, offset);
}

std::string start_header(const Metadata& metadata, size_t n_tensors) {
  if (metadata.entries().size() > kMaxKeys) {
    refuse("the metadata has ", metadata.entries().size(), " keys, at most ", kMaxKeys, " allowed");
  }
  if (n_tensors > kMaxTensors) {
    refuse(n_tensors, " tensors were declared, at most ", kMaxTensors, " allowed");
  }
  std::string header = "GGUF";
  put(header, uint32_t(3));
  put(header, uint64_t(n_tensors));
  put(header, uint64_t(metadata.entries().size()));
  for (const auto& [key, value] : metadata.entries()) put_entry(header, key, value);
  return header;
}

}  // namespace

Writer::Writer(const std::filesystem::path& path, const Metadata& metadata,
               std::span<const TensorDeclaration> tensors)
    : file_(path) {
  std::string header = start_header(metadata, tensors.size());
  const uint64_t alignment = alignment_of(metadata);
  check_unique(tensors);
  uint64_t offset = 0;
  for (const TensorDeclaration& tensor : tensors) {
    const uint64_t n_bytes = n_bytes_of(tensor);
    put_tensor(header, tensor, offset);
    const auto end = checked_add(offset, n_bytes);
    const auto next = end ? checked_align(*end, alignment) : std::nullopt;
    if (!next) refuse("the tensors have more than 2^64 bytes");
    slots_.push_back({tensor.name, n_bytes, *next - *end});
    offset = *next;
  }
  header.resize(checked_align(header.size(), alignment).value());
  if (header.size() > kMaxHeaderBytes) {
    refuse("the header has ", header.size(), " bytes, at most ", kMaxHeaderBytes, " allowed");
  }
  file_.write(std::as_bytes(std::span(header)));
}

void Writer::advance() {
  const std::vector<std::byte> zeros(slots_[current_].padding);
  file_.write(zeros);
  ++current_;
  filled_ = 0;
}

void Writer::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (current_ == slots_.size()) {
      refuse(bytes.size(), " bytes too many for the tensors declared");
    }
    const uint64_t n = std::min<uint64_t>(bytes.size(), slots_[current_].n_bytes - filled_);
    file_.write(bytes.first(n));
    bytes = bytes.subspan(n);
    filled_ += n;
    if (filled_ == slots_[current_].n_bytes) advance();
  }
}

void Writer::finish() {
  if (current_ < slots_.size()) {
    refuse("tensor ", in_quotes(slots_[current_].name), " got ", filled_, " bytes, wanted ",
           slots_[current_].n_bytes);
  }
  file_.commit();
}

SplitWriter::SplitWriter(const std::filesystem::path& prefix, const Metadata& metadata,
                         std::span<const TensorDeclaration> tensors, uint64_t max_part_bytes) {
  std::vector<std::span<const TensorDeclaration>> parts;
  check_unique(tensors);
  for (size_t begin = 0; begin < tensors.size() || parts.empty();) {
    size_t end = begin;
    uint64_t n_bytes = 0;
    for (; end < tensors.size(); ++end) {
      const auto sum = checked_add(n_bytes, n_bytes_of(tensors[end]));
      if (end > begin && (!sum || *sum > max_part_bytes)) break;
      n_bytes = *sum;
    }
    parts.push_back(tensors.subspan(begin, end - begin));
    part_bytes_.push_back(n_bytes);
    begin = end;
  }
  if (parts.size() > kMaxParts) refuse("the set has ", parts.size(), " parts, at most ", kMaxParts);
  for (size_t i = 0; i < parts.size(); ++i) {
    Metadata of_part = i == 0 ? metadata : Metadata();
    if (const Value* alignment = metadata.find("general.alignment")) {
      of_part.set("general.alignment", *alignment);
    }
    of_part.set("split.no", uint16_t(i));
    of_part.set("split.count", uint16_t(parts.size()));
    of_part.set("split.tensors.count", int32_t(tensors.size()));
    paths_.push_back(prefix.parent_path() /
                     part_name(prefix.filename().string(), uint32_t(i), uint32_t(parts.size())));
    writers_.emplace_back(paths_.back(), of_part, parts[i]);
  }
}

void SplitWriter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (filled_ == part_bytes_[current_] && current_ + 1 < writers_.size()) {
      ++current_;
      filled_ = 0;
    }
    const bool last = current_ + 1 == writers_.size();
    const uint64_t room = part_bytes_[current_] - filled_;
    const size_t n = last ? bytes.size() : size_t(std::min<uint64_t>(bytes.size(), room));
    writers_[current_].write(bytes.first(n));
    bytes = bytes.subspan(n);
    filled_ += n;
  }
}

void SplitWriter::finish() {
  for (Writer& writer : writers_) writer.finish();
}

}  // namespace ridge::gguf
