// How many descriptors the service may have.
#pragma once

namespace gridbridge {

// The soft limit becomes the hard one. Before any thread; what the kernel refuses is left as it was. The soft
// limit is low for programs that wait with select(), which this one does not.
void raise_descriptor_limit();

} // namespace gridbridge
