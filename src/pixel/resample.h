// Bringing chroma to the luma's size and back, one direction at a time.
//
// The filter is the cubic convolution of Keys ("Cubic convolution interpolation for digital image
// processing", 1981, a = -1/2), which is Mitchell and Netravali's with b = 0 and c = 1/2; a smaller result
// widens it by the factor, so that it does not alias. Outside of a plane the samples are reflected with the
// edge sample repeated. Chroma sample positions: ITU-T H.273, Chroma420SampleLocType. Checked against
// VapourSynth's resize.Bicubic.
#pragma once

#include <vector>

namespace vsmlrt::pixel {

// Where chroma samples lie between the luma samples of one direction.
enum class Siting {
    first,  // on the first of the luma samples that they stand for: left, top
    middle, // centred between them
    last,   // on the last: bottom
};

// Which rows of the frame a direction runs over: all, or those of one field, counted by themselves.
enum class Field { none, top, bottom };

// A linear map of one direction: result[i] = sum over k < taps of weights[i * taps + k] * samples[sources[i *
// taps + k]]. Sources lie inside the plane.
struct Resampling {
    int taps = 0;
    int first = 0; // where result 0's samples begin, before what lies outside is reflected
    std::vector<int> sources;
    std::vector<float> weights;

    [[nodiscard]] int size() const { return taps == 0 ? 0 : static_cast<int>(sources.size()) / taps; }
};

// From `chroma` samples to chroma << subsampling of them, and the way back. Sizes of one direction of a plane
// or of a field.
[[nodiscard]] Resampling enlarge_chroma(int chroma, int subsampling, Siting siting, Field field);
[[nodiscard]] Resampling shrink_chroma(int luma, int subsampling, Siting siting, Field field);

// Of a frame's rows, from maps of its fields' rows.
[[nodiscard]] Resampling weave(const Resampling &top, const Resampling &bottom);
// Every result is the sample in its place.
[[nodiscard]] Resampling unchanged(int size);

// The siting in each direction of a chroma location, 0 to 5.
[[nodiscard]] constexpr Siting horizontal_siting(int chroma_location) {
    return chroma_location % 2 == 0 ? Siting::first : Siting::middle;
}
[[nodiscard]] constexpr Siting vertical_siting(int chroma_location) {
    if (chroma_location < 2)
        return Siting::middle;
    return chroma_location < 4 ? Siting::first : Siting::last;
}

} // namespace vsmlrt::pixel
