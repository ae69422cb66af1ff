// Builds what callers are shown of a send (doc/http-api.md) from what the ledger, or the log's
// index, holds of it. Pure.

#ifndef SENDONCE_CORE_VIEWS_H
#define SENDONCE_CORE_VIEWS_H

#include <string_view>

#include "core/answers.h"
#include "core/batch.h"
#include "core/commands.h"
#include "core/send.h"

namespace sendonce::core {

// `batch` is the live batch of the send, or nullptr: then the send is in none, ended, or its
// payment is final and stands in it. `tip_height` is the height up to which the log follows the
// chain.
SendView ViewOf(const Send& send, const Batch* batch, int32_t tip_height);

SendState StateOf(const Send& send, const Batch* batch);
SendOutcome OutcomeOf(SendState state);

// "recorded", "reserved", ... as the API spells them.
std::string_view StateName(SendState state);
std::string_view OutcomeName(SendOutcome outcome);

// The send has come as far as the caller waits for, or never will: an ended send ends any wait.
bool Satisfies(SendState state, Until until);

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_VIEWS_H
