"""Stand-ins for the cluster, and the contract that they keep. The emulator needs kmock, the contract pytest."""
