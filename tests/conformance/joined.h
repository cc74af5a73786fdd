// Cases as parts of one network. A library takes 10 to 20 ms to build a program however little it computes,
// so that the hundreds of networks of one operator each are built together, a few dozen a program.
#pragma once

#include "conformance/cases.h"
#include "conformance/module.h"
#include "conformance/precision.h"

#include <functional>
#include <span>

namespace vsmlrt::test {

// A network whose parts are those of the cases and share nothing; the cases outlive it. Inputs and outputs
// are those of the first case, then of the second, and so on.
struct Joined {
    model::Network network;
    std::vector<const Case *> cases; // of one opset and with the same extents
};

// All of the cases, in as many networks as their opsets and extents take.
[[nodiscard]] std::vector<Joined> joined(std::span<const Case *const> cases);

// Builds the network, runs it at each of the extents and gives each case's results to `check`, in a scope
// that names the case. Input i of a case holds fill(i, count), as if it were alone. What the backend refuses
// is a failure of the test that names the cases that are refused alone as well.
using Check =
    std::function<void(const Case &entry, vsmlrt_extent extent, const std::vector<Values> &results)>;
void run_joined(const vsmlrt_backend &backend, const Joined &joined, const ProgramOptions &options,
                std::span<const vsmlrt_extent> extents, const Fill &fill, const Check &check);

// A Check of what fp32 gives of inputs that hold seeded(9): the interpreter's results, within the case's
// tolerance.
void expect_exact(const Case &entry, vsmlrt_extent extent, const std::vector<Values> &results);

} // namespace vsmlrt::test
