// The size at which interpolators estimate motion, as an argument of the functions that run them.
#pragma once

#include "engine/session.h"
#include "vs/arguments.h"

namespace vsmlrt::vs {

constexpr int grid_form_multiple = 32; // of networks of the 11-channel form, at flow scale 1

// The argument of this name, 1 where it is not given. As vs-mlrt takes it: 32 / scale must be whole.
[[nodiscard]] double read_flow_scale(const Arguments &arguments, const char *name);

// Edits a network without an input for it; what is in its file is then not what runs. BadModel where the
// network's structure is unknown.
void set_flow_scale(engine::OpenedNetwork &network, double scale);

} // namespace vsmlrt::vs
