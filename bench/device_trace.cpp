// What a process gives a GPU, as text: a library that the CUDA driver loads into any program.
//
//   export CUDA_INJECTION64_PATH=build/dev/bench/libdevice_trace.so DEVICE_TRACE=trace.txt
//   build/dev/bench/bench_job rife.onnx
//   python bench/device_gaps.py trace.txt
//
// A line each: graph, kernel or copy; when it began and ended (nanoseconds); its stream; a kernel's name or a
// copy's direction (1 up, 2 down); a copy's bytes. By CUPTI's activity records (NVIDIA's "CUPTI"
// documentation, Activity API). It makes each call of the driver slower: what the host bounds is seen smaller
// than it is. Graphs are one record each; with DEVICE_TRACE_NODES their kernels are, which then run with gaps
// of their own.
#include <cupti.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>

namespace {

constexpr std::size_t buffer_bytes = 8 << 20;
constexpr std::align_val_t buffer_alignment{8};

std::mutex mutex;
std::FILE *file = nullptr; // null once the process ends

void write_line(const char *kind, std::uint64_t start, std::uint64_t end, std::uint32_t stream,
                const char *name, std::uint64_t bytes) {
    std::fprintf(file, "%s %llu %llu %u %s %llu\n", kind, static_cast<unsigned long long>(start),
                 static_cast<unsigned long long>(end), stream, name, static_cast<unsigned long long>(bytes));
}

void write_record(const CUpti_Activity &record) {
    switch (record.kind) {
    case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL: {
        const auto &kernel = reinterpret_cast<const CUpti_ActivityKernel10 &>(record);
        write_line("kernel", kernel.start, kernel.end, kernel.streamId, kernel.name, 0);
        break;
    }
    case CUPTI_ACTIVITY_KIND_GRAPH_TRACE: {
        const auto &graph = reinterpret_cast<const CUpti_ActivityGraphTrace2 &>(record);
        write_line("graph", graph.start, graph.end, graph.streamId, "-", 0);
        break;
    }
    case CUPTI_ACTIVITY_KIND_MEMCPY: {
        const auto &copy = reinterpret_cast<const CUpti_ActivityMemcpy6 &>(record);
        const char direction[] = {static_cast<char>('0' + copy.copyKind % 10), 0};
        write_line("copy", copy.start, copy.end, copy.streamId, direction, copy.bytes);
        break;
    }
    default:
        break;
    }
}

void CUPTIAPI give_buffer(std::uint8_t **buffer, std::size_t *bytes, std::size_t *most_records) {
    *buffer = static_cast<std::uint8_t *>(operator new(buffer_bytes, buffer_alignment));
    *bytes = buffer_bytes;
    *most_records = 0; // as many as find room
}

void CUPTIAPI take_buffer(CUcontext, std::uint32_t, std::uint8_t *buffer, std::size_t, std::size_t filled) {
    const std::lock_guard lock(mutex);
    CUpti_Activity *record = nullptr;
    while (file && cuptiActivityGetNextRecord(buffer, filled, &record) == CUPTI_SUCCESS)
        write_record(*record);
    operator delete(buffer, buffer_alignment);
}

void finish() {
    cuptiActivityFlushAll(1); // those that are not full as well
    const std::lock_guard lock(mutex);
    std::fclose(file);
    file = nullptr;
}

bool records(CUpti_ActivityKind kind) {
    if (cuptiActivityEnable(kind) == CUPTI_SUCCESS)
        return true;
    std::fprintf(stderr, "device_trace: CUPTI does not record activities of kind %d here\n",
                 static_cast<int>(kind));
    return false;
}

} // namespace

// The driver calls it when it starts.
extern "C" __attribute__((visibility("default"))) int InitializeInjection() {
    const char *const path = std::getenv("DEVICE_TRACE");
    file = std::fopen(path ? path : "device_trace.txt", "w");
    if (!file) {
        std::perror("device_trace: cannot write the file that DEVICE_TRACE names");
        return 0;
    }
    cuptiActivityRegisterCallbacks(give_buffer, take_buffer);
    const bool by_node = std::getenv("DEVICE_TRACE_NODES") != nullptr;
    if (!records(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) || !records(CUPTI_ACTIVITY_KIND_MEMCPY) ||
        (!by_node && !records(CUPTI_ACTIVITY_KIND_GRAPH_TRACE)))
        return 0;
    std::atexit(finish);
    return 1;
}
