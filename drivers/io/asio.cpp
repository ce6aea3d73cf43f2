// What of asio need not be in every file that includes it, compiled once (ASIO_SEPARATE_COMPILATION).
#include <asio/impl/src.hpp>
