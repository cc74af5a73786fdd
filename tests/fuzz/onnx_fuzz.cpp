// Any bytes: read, edit in every way, write, read again. A network that was read must survive all of it.
#include "base/error.h"
#include "model/card.h"
#include "model/compositions.h"
#include "model/edit.h"
#include "model/functions.h"
#include "model/older_operators.h"
#include "model/onnx.h"
#include "model/picture_inputs.h"

#include <cstdlib>
#include <functional>
#include <optional>

namespace {

using namespace vsmlrt;
using namespace vsmlrt::model;

// What an edit gives; nothing where it refuses.
std::optional<Network> attempt(const std::function<Network()> &edit) {
    try {
        return edit();
    } catch (const Error &) {
        return std::nullopt;
    }
}

void check_written(const Network &network) {
    const std::vector<std::byte> bytes = write_onnx(network);
    if (write_onnx(read_onnx(bytes)) != bytes) // a refusal or another content: the edit made a broken network
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const auto network = attempt([&] { return read_onnx(std::as_bytes(std::span(data, size))); });
    if (!network)
        return 0;
    check_written(*network);
    (void)attempt([&] {
        (void)read_card(*network);
        return Network();
    });
    if (const auto half = attempt([&] { return to_half(*network); }))
        check_written(*half);
    if (const auto typed = attempt([&] { return set_io_type(*network, Element::f16, Element::f32); }))
        check_written(*typed);
    if (const auto fixed = attempt([&] { return fix_shape(*network, 64, 32); }))
        check_written(*fixed);
    check_written(free_shape(*network));
    if (const auto whole = attempt([&] { return inline_functions(*network); }))
        check_written(*whole);
    check_written(state_pictures(*network));
    if (const auto renewed = attempt([&] { return renew_operators(*network); }))
        check_written(*renewed);
    if (const auto composed = attempt([&] { return compose(*network, [](const Node &) { return true; }); }))
        check_written(*composed);
    return 0;
}
