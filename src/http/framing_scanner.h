// Reads along with evhttp where each request on a connection ends, by the letter of RFC 9112, and
// says which request is written in a way that another reader could end elsewhere. evhttp is
// lenient: it takes a bare line feed for the end of a line, "0x5" and "-0" for sizes of a chunk,
// and what it likes behind a chunk. A proxy in front of us that is lenient in another way could be
// made to pass on a request within a request.
//
// Not thread-safe. Pure. Holds at most one line, of at most kMaxHeaderBytes.

#ifndef SENDONCE_HTTP_FRAMING_SCANNER_H
#define SENDONCE_HTTP_FRAMING_SCANNER_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sendonce::http {

class FramingScanner {
 public:
  // The next bytes of the connection, in pieces of any size. No effect once a request was found
  // ambiguous: nobody can say where the one behind it begins.
  void Take(std::string_view bytes);

  // The first request, counting from 1, that two readers could read in two ways, if there is one
  // so far. Which headers may stand together is not its affair: FramingObjection says that.
  std::optional<uint64_t> ambiguous_request() const { return ambiguous_; }

 private:
  enum class Part { kHead, kBody, kChunkSize, kChunkData, kChunkEnd, kTrailer };

  size_t TakeData(std::string_view bytes);
  size_t TakeLine(std::string_view bytes);
  void OnLine(std::string_view line);
  void OnHeaderLine(std::string_view line);
  void OnChunkSize(std::string_view line);
  void EndHead();
  void EndRequest();
  void FindAmbiguous() { ambiguous_ = request_; }

  Part part_ = Part::kHead;
  std::string line_;        // what has come of it
  bool first_line_ = true;  // of a head
  bool chunked_ = false;
  uint64_t length_ = 0;  // of the body
  uint64_t left_ = 0;    // of the data, in kBody and kChunkData
  uint64_t request_ = 1;
  std::optional<uint64_t> ambiguous_;
};

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_FRAMING_SCANNER_H
