// Values for the core's tests, made from names and small numbers, so that a test can be read
// without hexadecimal.

#ifndef SENDONCE_TEST_UNIT_CORE_SAMPLES_H
#define SENDONCE_TEST_UNIT_CORE_SAMPLES_H

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/batch.h"
#include "core/ledger.h"
#include "core/records.h"
#include "core/send.h"

namespace sendonce::core::samples {

bitcoin::Hash256 HashOf(uint32_t number);

// P2WPKH, and P2PKH, of somebody with that name.
bitcoin::Script ScriptOf(std::string_view name);
bitcoin::Script LegacyScriptOf(std::string_view name);

// Output 0 of a transaction with that number, owned by the wallet.
bitcoin::OutPoint OutPointOf(uint32_t number);
Coin CoinOf(uint32_t number, bitcoin::Amount amount_sat);
Coin LegacyCoinOf(uint32_t number, bitcoin::Amount amount_sat);

Payee To(std::string_view name, bitcoin::Amount amount_sat);
SendContent Paying(std::vector<Payee> outputs);
bitcoin::TxOut OutputTo(std::string_view name, bitcoin::Amount amount_sat);

// Unsigned, replaceable by BIP 125, lock time 0: as bitcoind drafts it for us.
bitcoin::Transaction Spending(const std::vector<Coin>& coins,
                              const std::vector<bitcoin::TxOut>& outputs);

// The same with a signature in each input: in the witness, or in scriptSig where the coin is
// legacy. Another `signer` gives other signatures.
bitcoin::Transaction Signed(bitcoin::Transaction transaction, const std::vector<Coin>& coins,
                            uint8_t signer = 1);

// What somebody else who has the wallet's keys makes of the coins.
bitcoin::Transaction ByAnother(const std::vector<Coin>& coins,
                               const std::vector<bitcoin::TxOut>& outputs);

bitcoin::Bytes BytesOf(const bitcoin::Transaction& transaction);

ChainPosition BlockAt(int32_t height, uint32_t branch = 0);
ChainWork WorkOf(uint32_t amount);

// A log that begins at block 100.
WalCreated LogBeginning();
constexpr int32_t kFirstHeight = 100;

// The record that binds `sends` to `coins`: their outputs in order, then change to the wallet of
// what `fee_sat` leaves. REQUIRES: the sends are in the ledger; there is something left.
BatchReserved Reservation(const Ledger& ledger, const std::vector<SendId>& sends,
                          const std::vector<Coin>& coins, bitcoin::Amount fee_sat);

// The signed form of a version that the ledger holds.
bitcoin::Bytes SignatureFor(const Ledger& ledger, BatchId batch, uint8_t signer = 1);

}  // namespace sendonce::core::samples

#endif  // SENDONCE_TEST_UNIT_CORE_SAMPLES_H
