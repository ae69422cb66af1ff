// Serves a recorded disk to the kernel as a file, with the protocol of <linux/fuse.h>: in a folder
// that is mounted there are two files,
//   disk     its bytes; what syncs the file flushes the disk, what punches holes discards
//   control  read: RecordedDisk::Status; written: RecordedDisk::Command
//
// One thread, and requests are taken as the kernel hands them out. As long as more are waiting none
// is answered, and a write of a life is not answered before a millisecond in which nothing came: a
// flush that does not wait for a write before it is seen to overtake it, and does not promise it.

#ifndef SENDONCE_TEST_FAULT_MOUNTED_FUSE_FILES_H
#define SENDONCE_TEST_FAULT_MOUNTED_FUSE_FILES_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recorded_disk.h"

struct fuse_in_header;

namespace sendonce::fault {

class FuseFiles {
 public:
  // Mounts them in the folder, for everybody but this process itself. Throws std::runtime_error,
  // which says what the system said.
  FuseFiles(RecordedDisk& disk, const std::string& folder);
  ~FuseFiles();
  FuseFiles(const FuseFiles&) = delete;
  FuseFiles& operator=(const FuseFiles&) = delete;

  // Returns when the folder was unmounted.
  void Serve();

 private:
  struct Reply {
    uint64_t unique = 0;
    int error = 0;     // an errno; then there is no body
    std::string body;  // what follows the header
  };

  static void LeaveMounts(const std::string& folder);
  // False: unmounted.
  bool TakeRequest();
  void AnswerAll();
  Reply Answer(const fuse_in_header& header, std::string_view body);
  Reply AnswerAboutNames(const fuse_in_header& header, std::string_view body);
  Reply AnswerAboutBytes(const fuse_in_header& header, std::string_view body);
  Reply Read(uint64_t unique, uint64_t node, std::string_view body) const;
  Reply Write(uint64_t unique, uint64_t node, std::string_view body);
  Reply Punch(uint64_t unique, uint64_t node, std::string_view body);
  bool IsWithin(uint64_t offset, uint64_t length) const;

  RecordedDisk& disk_;
  int device_ = -1;
  std::string buffer_;
  std::vector<Reply> replies_;
};

}  // namespace sendonce::fault

#endif  // SENDONCE_TEST_FAULT_MOUNTED_FUSE_FILES_H
