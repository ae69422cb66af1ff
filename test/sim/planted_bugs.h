// How each planted bug changes what passes by (canary.h).

#ifndef SENDONCE_TEST_SIM_PLANTED_BUGS_H
#define SENDONCE_TEST_SIM_PLANTED_BUGS_H

#include <vector>

#include "canary.h"
#include "core/commands.h"
#include "core/effects.h"
#include "core/ledger.h"
#include "memory_disk.h"
#include "toy_node.h"

namespace sendonce::sim {

// What a start has loaded.
void PlantInContents(Canary canary, core::Ledger::Contents& contents);

// What the core, which holds this, is about to be given.
void PlantInCommand(Canary canary, const core::ToyNode& node, const core::Ledger& ledger,
                    core::Command& command);

// What is about to be answered.
void PlantInAnswer(Canary canary, core::Answer& answer);

// True if the core is told at once that these are durable.
bool LiesAboutSync(Canary canary, const std::vector<core::Entry>& entries);

// False: the reply never comes.
bool DeliversUnknown(Canary canary);

// What is on the disk after a crash.
void PlantInDisk(Canary canary, MemoryDisk& disk);

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_PLANTED_BUGS_H
