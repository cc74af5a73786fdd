// The model card: what a network expects of the picture around it.
//
// A card comes from three places, the later overriding the earlier: inspection of the network, the network's
// own metadata (keys "vsmlrt.multiple", "vsmlrt.minimum", "vsmlrt.padding" with "mirror", "edge" or "zero",
// "vsmlrt.scale", "vsmlrt.receptive_field", "vsmlrt.global" with 0 or 1, written by write_card where known),
// and the arguments of whoever makes the filter.
#pragma once

#include "model/network.h"

#include <optional>

namespace vsmlrt::model {

enum class Padding { mirror, edge, zero };

struct Card {
    int channels = 0;        // of all image inputs together
    int output_channels = 0; // 0 where the network does not say
    int multiple = 1;        // width and height must be a multiple of this
    int minimum = 1;         // and at least this
    Padding padding = Padding::mirror;
    std::optional<int> scale; // output size / input size, an integer >= 1; where known
    std::optional<int>
        receptive_field; // pixels of input on each side that an output pixel depends on; where known
    bool global = false; // has operations over the whole picture: tiles cannot equal the untiled picture
    int fixed_width = 0; // the one size that it can compute, as its inputs state; 0: any
    int fixed_height = 0;
};

// The card of a network from its metadata and inputs alone: no shapes are propagated (src/graph refines it).
// BadModel for metadata that is not a number, and for networks whose inputs are not pictures.
[[nodiscard]] Card read_card(const Network &network);
// Puts all but the channels and the fixed size, which the inputs and outputs tell, into the metadata.
void write_card(Network &network, const Card &card);

} // namespace vsmlrt::model
