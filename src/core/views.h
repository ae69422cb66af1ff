// Builds what callers are shown of a send (doc/http-api.md) from what the ledger, or the log's
// index, holds of it. Pure.

#ifndef SENDONCE_CORE_VIEWS_H
#define SENDONCE_CORE_VIEWS_H

#include <string_view>

#include "core/answers.h"
#include "core/batch.h"
#include "core/commands.h"
#include "core/ledger.h"
#include "core/send.h"

namespace sendonce::core {

// The send may be a copy from the log's index if it is closed: then its payment stands in it.
SendView ViewOf(const Ledger& ledger, const Send& send);

SendState StateOf(const Send& send, const Batch* batch);
SendOutcome OutcomeOf(SendState state);

// "recorded", "reserved", ... as the API spells them.
std::string_view StateName(SendState state);
std::string_view OutcomeName(SendOutcome outcome);

// The send has come as far as the caller waits for, or never will: an ended send ends any wait.
bool Satisfies(SendState state, Until until);

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_VIEWS_H
