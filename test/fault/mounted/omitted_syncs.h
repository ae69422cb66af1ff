// The operating system's files, but for one kind of sync that is left out: bugs that a power cut on
// a real file system has to show.

#ifndef SENDONCE_TEST_FAULT_MOUNTED_OMITTED_SYNCS_H
#define SENDONCE_TEST_FAULT_MOUNTED_OMITTED_SYNCS_H

#include <memory>
#include <string_view>

#include "wal/log.h"

namespace sendonce::fault {

class OmittedSyncs {
 public:
  // Of "log" (LevelDB's own log, where records are acknowledged), "table", "folder" (those that
  // LevelDB does not sync by itself) or "anchor". Null if it is none of these.
  static std::unique_ptr<OmittedSyncs> Of(std::string_view what);

  ~OmittedSyncs();
  OmittedSyncs(const OmittedSyncs&) = delete;
  OmittedSyncs& operator=(const OmittedSyncs&) = delete;

  // REQUIRES: the logs that use them are gone before this is.
  wal::Substitutes substitutes(size_t write_buffer_bytes) const;

 private:
  class Files;
  class Folders;
  OmittedSyncs(std::unique_ptr<Files> files, std::unique_ptr<Folders> folders);

  std::unique_ptr<Files> files_;
  std::unique_ptr<Folders> folders_;
};

}  // namespace sendonce::fault

#endif  // SENDONCE_TEST_FAULT_MOUNTED_OMITTED_SYNCS_H
