#include "base/tile_registers.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace vsmlrt {

bool may_use_tile_registers() {
#if defined(SYS_arch_prctl)
    constexpr int request_permission = 0x1023; // ARCH_REQ_XCOMP_PERM of asm/prctl.h, since Linux 5.16
    constexpr int tile_data = 18;              // of the processor's extended states
    static const bool may = ::syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
    return may;
#else
    return false;
#endif
}

} // namespace vsmlrt
