// What the exit codes of sendonce-cli say to a script (doc/sendonce-cli.md). Never changed, only
// added to.

#ifndef SENDONCE_CLI_EXIT_CODE_H
#define SENDONCE_CLI_EXIT_CODE_H

namespace sendonce::cli {

enum class ExitCode {
  // What was asked for has come to be. send: recorded, or with --wait as far as --until; get: sent,
  // or with --wait as far as --until; cancel: `never`, for certain; everything else: answered.
  kDone = 0,
  // Nothing was asked: the command line or sendonce.conf is wrong. Or the answer could not be
  // written out.
  kUsage = 1,
  // Answered with a refusal (4xx). It says nothing about earlier calls with the same id.
  kRefused = 2,
  // The send is recorded and not as far as asked for. Do not pay it another way.
  kPending = 3,
  // The send will never be paid by us: the only code that permits a refund.
  kNever = 4,
  // No answer. The send may be recorded, and may be paid: run the same command again.
  kNoAnswer = 5,
  // No send is recorded under the id. No permission to refund: cancel it first.
  kUnknownId = 6,
  // import: the file was read to its end, and some of its lines are not recorded.
  kNotAll = 7,
};

}  // namespace sendonce::cli

#endif  // SENDONCE_CLI_EXIT_CODE_H
