#include "http/framing_scanner.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "http/headers.h"
#include "http/limits.h"

namespace sendonce::http {

namespace {

// The whole text as a number, or nullopt. What is too large for one is the largest: such a body has
// no end here, and is refused by its length.
std::optional<uint64_t> NumberOf(std::string_view text, int base) {
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  if (stop != end || text.empty()) return std::nullopt;
  return error == std::errc::result_out_of_range ? UINT64_MAX : number;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

}  // namespace

void FramingScanner::Take(std::string_view bytes) {
  while (!bytes.empty() && !ambiguous_) {
    const bool is_data = part_ == Part::kBody || part_ == Part::kChunkData;
    bytes.remove_prefix(is_data ? TakeData(bytes) : TakeLine(bytes));
  }
}

size_t FramingScanner::TakeData(std::string_view bytes) {
  const size_t taken = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
  left_ -= taken;
  if (left_ > 0) return taken;
  if (part_ == Part::kChunkData) {
    part_ = Part::kChunkEnd;
  } else {
    EndRequest();
  }
  return taken;
}

// Section 2.2: a line ends with both bytes, and neither of them, nor a zero, stands within it. One
// that is here as a whole is not copied.
size_t FramingScanner::TakeLine(std::string_view bytes) {
  const size_t feed = bytes.find('\n');
  const size_t taken = feed == std::string_view::npos ? bytes.size() : feed + 1;
  std::string_view line = bytes.substr(0, taken);
  if (!line_.empty() || feed == std::string_view::npos) {
    line_ += line.substr(0, kMaxHeaderBytes + 1);
    line = line_;
  }
  if (line.size() > kMaxHeaderBytes) {
    FindAmbiguous();
  } else if (feed != std::string_view::npos) {
    const size_t end = line.size() - 2;
    if (line.size() < 2 || line.find('\r') != end || line.find('\0') != std::string_view::npos) {
      FindAmbiguous();
    } else {
      OnLine(line.substr(0, end));
    }
    line_.clear();
  }
  return taken;
}

void FramingScanner::OnLine(std::string_view line) {
  switch (part_) {
    case Part::kHead:
    case Part::kTrailer:
      return OnHeaderLine(line);
    case Part::kChunkSize:
      return OnChunkSize(line);
    case Part::kChunkEnd:
      if (!line.empty()) return FindAmbiguous();
      part_ = Part::kChunkSize;
      return;
    case Part::kBody:
    case Part::kChunkData:
      return;
  }
}

void FramingScanner::OnHeaderLine(std::string_view line) {
  const bool is_request_line = std::exchange(first_line_, false);
  if (line.empty()) return part_ == Part::kHead ? EndHead() : EndRequest();
  if (is_request_line) return;
  // Section 5.2: a folded line is part of the one before it to some, and none to others.
  if (line.front() == ' ' || line.front() == '\t') return FindAmbiguous();
  if (part_ == Part::kTrailer) return;
  const size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (EqualIgnoringCase(name, "transfer-encoding")) chunked_ = true;
  if (!EqualIgnoringCase(name, "content-length") || colon == std::string_view::npos) return;
  length_ = NumberOf(Trimmed(line.substr(colon + 1)), 10).value_or(0);
}

// Section 7.1, without extensions: nobody needs them, and evhttp refuses them.
void FramingScanner::OnChunkSize(std::string_view line) {
  constexpr int kHexadecimal = 16;
  const auto size = NumberOf(line, kHexadecimal);
  if (!size) return FindAmbiguous();
  left_ = *size;
  part_ = left_ > 0 ? Part::kChunkData : Part::kTrailer;
}

void FramingScanner::EndHead() {
  left_ = length_;
  if (chunked_) {
    part_ = Part::kChunkSize;
  } else if (left_ > 0) {
    part_ = Part::kBody;
  } else {
    EndRequest();
  }
}

void FramingScanner::EndRequest() {
  ++request_;
  part_ = Part::kHead;
  first_line_ = true;
  chunked_ = false;
  length_ = 0;
}

}  // namespace sendonce::http
