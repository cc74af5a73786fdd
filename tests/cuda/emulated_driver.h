// What a test asks of the emulated driver besides being one.
#pragma once

#include <cstddef>

// Forgets faults; call number `failing_call` from now on fails (0: none).
extern "C" void emulated_reset(long failing_call);
// Calls since then.
extern "C" long emulated_calls();
// Bytes that the device has.
extern "C" void emulated_capacity(std::size_t bytes);
// Allocations and handles that are alive.
extern "C" std::size_t emulated_live();
// Their bytes, of the device and of page-locked memory.
extern "C" std::size_t emulated_live_bytes();
// Pieces of memory that were allocated since emulated_reset.
extern "C" long emulated_allocations();
// From now on every text compiles, to a kernel that does nothing, the GPU has shared memory and 132
// multiprocessors, and its clock shows random times: what compiles and chooses kernels is then seen with all
// the candidates. To be called before the backend first asks for the GPU's properties.
extern "C" void emulated_stand_in();
// It makes no more parts of the GPU's multiprocessors than that; older drivers make none. At first it
// makes 64.
extern "C" void emulated_parts(unsigned most);
// That are alive.
extern "C" std::size_t emulated_streams_of_parts();
// Of the multiprocessors, of the parts that are alive, each counted once.
extern "C" std::size_t emulated_shares_of_parts();
// What the environment said of queues to the device (CUDA_DEVICE_MAX_CONNECTIONS) when the driver started.
extern "C" const char *emulated_queues();
// From now on work is done when somebody waits for it, and some of it earlier, in an order by that number
// (not 0): what a stream does not wait for may come before or after. At first, and with 0, it is done at
// once.
extern "C" void emulated_late(unsigned order);
// Texts that were compiled and times that were taken since emulated_reset.
extern "C" long emulated_compilations();
extern "C" long emulated_timings();
// What was called wrongly, one line each.
extern "C" const char *emulated_faults();
