"""What the functional tests stand on: a real bitcoind, a faulty network, the daemon, the chain."""
