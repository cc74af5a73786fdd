// "auto": the best backend that can run a network, and not only the best one that this machine has.
#pragma once

#include "engine/session.h"

#include <functional>
#include <memory>

namespace vsmlrt::engine {

// Makes a session on devices; called once for each backend that is asked.
using MakeSession = std::function<std::shared_ptr<Session>(Devices)>;

// On the backend that the options name. "auto": on the first that can, the highest rank first; which one it
// is and why is logged once where it is not the first. Throws what open_devices and `make` throw; where every
// backend refuses, one error with each one's reason, which names the reference backend if that could.
[[nodiscard]] std::shared_ptr<Session> on_able_backend(const SessionOptions &options,
                                                       const MakeSession &make);

} // namespace vsmlrt::engine
