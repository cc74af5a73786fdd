// The backends that the suite runs on, one line each.
#include "conformance/suite.h"

#include <numeric>

namespace vsmlrt::test {
namespace {

std::vector<std::size_t> every_network() {
    std::vector<std::size_t> indices(all_cases().size());
    std::iota(indices.begin(), indices.end(), std::size_t{0});
    return indices;
}

} // namespace

#define VSMLRT_CONFORMS(backend)                                                                             \
    INSTANTIATE_TEST_SUITE_P(backend, Conformance, testing::Values(#backend));                               \
    INSTANTIATE_TEST_SUITE_P(                                                                                \
        backend, Networks, testing::Combine(testing::Values(#backend), testing::ValuesIn(every_network())),  \
        network_test_name)

VSMLRT_CONFORMS(reference);
VSMLRT_CONFORMS(openvino);
VSMLRT_CONFORMS(onnxruntime);

} // namespace vsmlrt::test
