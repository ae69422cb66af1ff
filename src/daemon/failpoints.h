// Named points at which a test can kill the process. In sendonced nothing happens there; the
// program test/fault/sendonced-faulty is the same daemon with an observer that can.

#ifndef SENDONCE_DAEMON_FAILPOINTS_H
#define SENDONCE_DAEMON_FAILPOINTS_H

#include <string_view>

namespace sendonce::daemon {

// The points, each reached on the thread that does the work:
//   "loaded"               the log is open and read, nothing has been done yet
//   "append:<Record>"      the record is about to be given to the log
//   "durable:<Record>"     it is written and synced, and nobody has been told
//   "call:<Effect>"        the call to the node is about to be made
//   "called:<Effect>"      its reply is here, and the core does not know it yet
//   "answer"               an answer is about to be given to a caller
//   "failed"               a storage error was met, and is about to stop the process
// <Record> is a name of core::RecordName, <Effect> one of NodeGateway's.
class Failpoints {
 public:
  virtual ~Failpoints() = default;
  virtual void Reach(std::string_view point) = 0;
};

// Does nothing.
class NoFailpoints final : public Failpoints {
 public:
  void Reach(std::string_view) override {}
};

}  // namespace sendonce::daemon

#endif  // SENDONCE_DAEMON_FAILPOINTS_H
