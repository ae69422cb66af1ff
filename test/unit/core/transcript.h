// Effects and records as short lines of text, with names instead of hexadecimal, so that what the
// machine does can be compared with what a test says it does.

#ifndef SENDONCE_TEST_UNIT_CORE_TRANSCRIPT_H
#define SENDONCE_TEST_UNIT_CORE_TRANSCRIPT_H

#include <initializer_list>
#include <map>
#include <string>

#include "core/effects.h"

namespace sendonce::core {

// Coins that samples::CoinOf made are called by their number (c7); transactions t1, t2, ... in the
// order in which they are first named, their outputs t1:0.
class Transcript {
 public:
  // One line for each effect and, in an append, for each record.
  std::string TextOf(const Effects& effects);
  std::string TextOf(const Effect& effect);
  std::string TextOf(const Entry& entry);

  std::string NameOf(const bitcoin::Txid& txid);
  std::string NameOf(const bitcoin::OutPoint& outpoint);
  std::string NameOf(const bitcoin::Transaction& transaction);

 private:
  class RecordWriter;
  class ReplyWriter;
  class EffectWriter;

  std::map<bitcoin::Txid, std::string> names_;
};

// The lines that a test expects, as TextOf writes them.
std::string Lines(std::initializer_list<std::string> lines);

// The step's text is these lines and no others.
#define CHECK_STEP(step, ...) BOOST_CHECK_EQUAL((step), (::sendonce::core::Lines({__VA_ARGS__})))

}  // namespace sendonce::core

#endif  // SENDONCE_TEST_UNIT_CORE_TRANSCRIPT_H
