// The backends that the suite runs on: those that the build has modules of (VSMLRT_CONFORMS(reference); and
// so on, written by CMake), each as a prefix of its tests.
#include "conformance/rules.h"
#include "conformance/suite.h"

#include <numeric>

namespace vsmlrt::test {
namespace {

template <typename Item>
std::vector<std::size_t> indices_of(const std::vector<Item> &items) {
    std::vector<std::size_t> indices(items.size());
    std::iota(indices.begin(), indices.end(), std::size_t{0});
    return indices;
}

} // namespace

#define VSMLRT_CONFORMS(backend)                                                                             \
    INSTANTIATE_TEST_SUITE_P(backend, Conformance, testing::Values(#backend));                               \
    INSTANTIATE_TEST_SUITE_P(                                                                                \
        backend, Networks,                                                                                   \
        testing::Combine(testing::Values(#backend), testing::ValuesIn(indices_of(all_cases()))),             \
        network_test_name);                                                                                  \
    INSTANTIATE_TEST_SUITE_P(                                                                                \
        backend, StaticNetworks,                                                                             \
        testing::Combine(testing::Values(#backend), testing::Range<std::size_t>(0, num_parts())),            \
        part_test_name);                                                                                     \
    INSTANTIATE_TEST_SUITE_P(                                                                                \
        backend, Rules,                                                                                      \
        testing::Combine(testing::Values(#backend), testing::ValuesIn(operators_with_rules())),              \
        rules_test_name);                                                                                    \
    INSTANTIATE_TEST_SUITE_P(backend, OperatorsAtPrecision,                                                  \
                             testing::Combine(testing::Values(#backend),                                     \
                                              testing::ValuesIn(reduced_precisions),                         \
                                              testing::Range<std::size_t>(0, num_parts())),                  \
                             operators_test_name);                                                           \
    INSTANTIATE_TEST_SUITE_P(backend, RulesAtPrecision,                                                      \
                             testing::Combine(testing::Values(#backend),                                     \
                                              testing::ValuesIn(reduced_precisions),                         \
                                              testing::Range<std::size_t>(0, num_rule_parts())),             \
                             rule_part_test_name);                                                           \
    INSTANTIATE_TEST_SUITE_P(backend, WholeNetworksAtPrecision,                                              \
                             testing::Combine(testing::Values(#backend),                                     \
                                              testing::ValuesIn(reduced_precisions),                         \
                                              testing::ValuesIn(indices_of(whole_networks()))),              \
                             whole_network_test_name);

#include "conformance_backends.inc"

} // namespace vsmlrt::test
