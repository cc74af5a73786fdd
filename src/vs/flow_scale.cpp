#include "vs/flow_scale.h"

#include "base/error.h"
#include "graph/inspect.h"
#include "model/flow_scale.h"

#include <cmath>

namespace vsmlrt::vs {

double read_flow_scale(const Arguments &arguments, const char *name) {
    const double scale = arguments.real(name).value_or(1);
    const double multiple = std::round(grid_form_multiple / scale);
    const bool whole = std::abs(multiple * scale - grid_form_multiple) < 1e-6;
    if (!(scale >= 0.25 && scale <= 4 && whole))
        throw BadArgument("\"", name, "\" must be 0.25 to 4 and divide ", int{grid_form_multiple},
                          " (0.25, 0.5, 1, 2, 4, 1.6, ...); got ", scale);
    return scale;
}

void set_flow_scale(engine::OpenedNetwork &network, double scale) {
    model::Network &edited = network.loaded.network;
    model::scale_flow(edited, scale);
    network.card = graph::inspect(edited, model::read_card(edited));
    network.file.clear();
}

} // namespace vsmlrt::vs
