// Paho gives no access to its socket, and leaves Nagle's algorithm on: the second of several small publishes
// then waits up to 40 ms for the broker's delayed acknowledgement.
#pragma once

namespace gridbridge {

// Sets TCP_NODELAY on every TCP socket of this process; each of ours sends small packets that must not wait.
void set_no_delay_on_tcp_sockets();

} // namespace gridbridge
