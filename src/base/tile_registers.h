// AMX's tile registers, 8 KiB a thread, which systems hand out on request only.
#pragma once

namespace vsmlrt {

// Asks the system once to let this process use them; false where it refuses, or does not know them. To be
// asked on processors that have them.
[[nodiscard]] bool may_use_tile_registers();

} // namespace vsmlrt
