// What sendonced was told to do: the command line and sendonce.conf, checked, and cut into one
// const struct for each consumer. Nobody passes the whole of it around.

#ifndef SENDONCE_DAEMON_OPTIONS_H
#define SENDONCE_DAEMON_OPTIONS_H

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "bitcoin/address.h"
#include "core/policy.h"
#include "daemon/logger.h"
#include "http/limits.h"
#include "node/bitcoind.h"
#include "settings/paths.h"

namespace sendonce::daemon {

// An endpoint of bitcoind's ZMQ publisher.
struct ZmqEndpoint {
  enum class Source {
    kAskNode,  // getzmqnotifications says it
    kGiven,    // -zmqpubrawtx=tcp://..., -zmqpubsequence=tcp://...
    kOff,      // -nozmqpubrawtx, -nozmqpubsequence
  };
  Source source = Source::kAskNode;
  std::string address;  // kGiven
};

// How to reach bitcoind.
struct NodeOptions {
  node::RpcOptions rpc;
  ZmqEndpoint zmq_raw_tx;
  ZmqEndpoint zmq_sequence;
};

// Where we answer callers.
struct HttpOptions {
  std::string bind_address;  // numeric IPv4 or IPv6 address
  uint16_t port = 0;
  size_t max_connections = http::ServerLimits().max_connections;
};

enum class Action {
  kRun,
  kInit,  // sendonced init: make the WAL and bind it to the wallet
};

struct Options {
  Action action = Action::kRun;
  bitcoin::Network network = bitcoin::Network::kMain;
  settings::Paths paths;
  NodeOptions node;
  HttpOptions http;
  LogOptions log;
  core::Policy policy;
};

// -help or -version: print this on the standard output and leave with status 0.
struct TextToPrint {
  std::string text;
};

// What is wrong and what to do about it, in one sentence that names the option and, where it
// stands in a file, file and line. Print it on the standard error and leave with status 1.
struct UsageError {
  std::string text;
};

using ParsedOptions = std::variant<Options, TextToPrint, UsageError>;

// Reads the command line (without the program's name) and the configuration file. The command line
// wins over the network's section of the file, and that over the lines above the first section.
// `home` is the user's home directory, which the defaults are relative to. Reads files, writes
// none; the folders in Paths need not exist yet (but a -datadir or -anchordir that is given must).
ParsedOptions ParseOptions(const std::vector<std::string>& arguments,
                           const std::filesystem::path& home);

}  // namespace sendonce::daemon

#endif  // SENDONCE_DAEMON_OPTIONS_H
