// What one record changes in the indexes: a pure function of the record and the snapshots that come
// with it. Written in the same atomic step as the record, and folded again by the offline tools.

#ifndef SENDONCE_WAL_INDEX_H
#define SENDONCE_WAL_INDEX_H

#include <optional>
#include <vector>

#include "core/effects.h"
#include "wal/key.h"

namespace sendonce::wal {

struct KeyWrite {
  Key key;
  std::optional<bitcoin::Bytes> value;  // absent: the key is deleted

  bool operator==(const KeyWrite&) const = default;
};

// Every index write of the entry, but not the record's own frame. No key stands twice. The only
// deletions are of open marks, of the place of a confirmation that was reopened, and of all that
// was about a batch whose detail is pruned.
std::vector<KeyWrite> IndexWrites(const core::Entry& entry);

}  // namespace sendonce::wal

#endif  // SENDONCE_WAL_INDEX_H
