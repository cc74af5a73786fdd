// The families at their real sizes, with random weights.
#pragma once

#include "model/network.h"

#include <string>
#include <vector>

namespace vsmlrt::test {

// Real-ESRGAN x4plus: 23 blocks of three dense blocks (RRDB).
[[nodiscard]] model::Network bench_x4plus();
[[nodiscard]] model::Network bench_x4plus_anime();
// ArtCNN C4F32, which doubles luma.
[[nodiscard]] model::Network bench_artcnn();
// SPAN x2 of 48 channels.
[[nodiscard]] model::Network bench_span();
// SwinIR-S x2: 24 blocks of attention in windows of 8x8; multiple of 8.
[[nodiscard]] model::Network bench_swinir();
// SCUNet; multiple of 64.
[[nodiscard]] model::Network bench_scunet();

// Empty where there is no family of that name.
[[nodiscard]] model::Network bench_network(const std::string &name);
// Of all families that it has.
[[nodiscard]] std::vector<std::string> bench_names();

} // namespace vsmlrt::test
