"""Plays the incident of 2016 twice on a real bitcoind: with sendtoaddress, then with sendonce.

Usage: play.py <folder>. Leaves the system up; stop.py <folder> ends it.
"""

import sys

import acts
from system import System

from framework.chain import Chain
from framework.drafts import script_of
from framework.rpc import to_btc


def heading(text):
    print(f"\n== {text}", flush=True)


def play(system):
    heading("bitcoind on regtest, with a funded wallet for each act")
    system.start_node()
    asked = to_btc(acts.AMOUNT_SAT)
    heading(f"Act 1: one withdrawal of {asked} BTC by sendtoaddress, over a slow connection")
    first = acts.by_sendtoaddress(system)
    heading("Act 2: the same by sendonce, with worse luck")
    second = acts.by_sendonce(system)
    return first, second


def read_payments(system, withdrawals):
    """For each the amounts paid to its address, from the blocks of the node."""
    chain = Chain(system.node.rpc)
    scripts = [script_of(system.node, each.address) for each in withdrawals]
    return [[paid.amount_sat for paid in chain.payments_to(script)] for script in scripts]


def print_table(withdrawals, payments):
    heading("What the chain says, read block by block")
    line = "   {:<15} {:>8} {:>6} {:>9} {:>13} {:>13}"
    print(line.format("", "requests", "tries", "payments", "asked, BTC", "paid, BTC"))
    for each, amounts in zip(withdrawals, payments):
        asked, paid = to_btc(acts.AMOUNT_SAT), to_btc(sum(amounts))
        row = (each.paid_with, 1, each.tries, len(amounts), f"{asked:.8f}", f"{paid:.8f}")
        print(line.format(*row))


def print_commands(system):
    bin_folder = system.bin
    address = acts.new_customer(system.node)
    heading("It stays up. Try next:")
    print(f"""\
   export PATH={bin_folder}:$PATH
   sendonce-cli get {acts.SEND_ID}
   sendonce-cli send my-1 {address} 150000     # as often as you like
   sendonce-cli history my-1
   mine                                        # a block; then:  sendonce-cli get my-1
   sendonce-cli send my-1 {address} 160000     # same id, other content: refused
   sendonce-cli cancel never-seen              # never paid, whoever submits it later
   bitcoin-cli -rpcwallet=sendonce listtransactions
   curl -u "$(cat {system.daemon.cookie_path})" localhost:{system.daemon.port}/v1/status

   contrib/quickstart --stop                   # ends both; then:  sendonce-wal verify""")


def main():
    system = System(sys.argv[1])
    stopped = system.stop()
    if stopped:
        print(f"stopped what ran from before: {', '.join(stopped)}")
    finished = False
    try:
        withdrawals = play(system)
        payments = read_payments(system, withdrawals)
        system.write_commands()
        finished = True
    finally:
        if not finished:
            system.abort()
    print_table(withdrawals, payments)
    print_commands(system)
    naive, exact = payments
    if len(naive) < 2 or exact != [acts.AMOUNT_SAT]:
        sys.exit("\nNot as it should be: several payments by sendtoaddress and one by sendonce.")


if __name__ == "__main__":
    main()
