#include "graph/storage.h"

namespace vsmlrt::graph {

template <typename C>
std::vector<C> widen(const ConstView &tensor) {
    std::vector<C> values(static_cast<std::size_t>(count(tensor.dims)));
    with_storage(tensor.type, [&]<typename T>(T) {
        const T *stored = tensor.as<T>();
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = load<C>(stored[i]);
    });
    return values;
}

template <typename C>
void narrow(std::span<const C> values, const View &tensor) {
    with_storage(tensor.type, [&]<typename T>(T) {
        T *stored = tensor.as<T>();
        for (std::size_t i = 0; i < values.size(); ++i)
            stored[i] = store<T>(values[i]);
    });
}

template std::vector<double> widen(const ConstView &tensor);
template std::vector<float> widen(const ConstView &tensor);
template std::vector<std::int64_t> widen(const ConstView &tensor);
template void narrow(std::span<const double> values, const View &tensor);
template void narrow(std::span<const float> values, const View &tensor);
template void narrow(std::span<const std::int64_t> values, const View &tensor);

} // namespace vsmlrt::graph
