// By AMX's tiles. Compiled with AVX512_BF16; run where tile_kernels() gives it.
#include "cpu/amx_tiles.h"
#include "cpu/tile_convolution.h"

namespace vsmlrt::cpu {

constinit const TileKernels amx_kernels = TileConvolution<AmxTiles>::kernels("amx");

} // namespace vsmlrt::cpu
