// What a program costs beyond its frames, counted: sessions made and run. A session is what takes long to
// make, and a run is a frame's whole work.
#include "backends/onnxruntime/child.h"
#include "base/text.h"
#include "conformance/module.h"
#include "model/onnx.h"
#include "networks/families.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <link.h>

namespace vsmlrt::test {
namespace {

const std::string module = std::string(VSMLRT_MODULES) + "/libvsmlrt_onnxruntime.so";
const std::string counting = std::string(VSMLRT_FAKES) + "/libcounting_onnxruntime.so";

// The file of the ONNX Runtime that this process has, or why it has none.
std::string taken() {
    if (const Opened opened = open_module(module); !opened.backend)
        return opened.reason;
    std::string found = "no library is called libonnxruntime.so";
    ::dl_iterate_phdr(
        [](dl_phdr_info *library, std::size_t, void *result) {
            if (std::string(library->dlpi_name).find("/libonnxruntime.so") != std::string::npos)
                *static_cast<std::string *>(result) = library->dlpi_name;
            return 0;
        },
        &found);
    return found;
}

// What is made and run from its own making on.
class Counts {
public:
    Counts()
        : library_(::dlopen(counting.c_str(), RTLD_NOW | RTLD_NOLOAD)), sessions_(count("sessions_made")),
          runs_(count("sessions_run")) {}
    [[nodiscard]] std::string text() const {
        return vsmlrt::text(count("sessions_made") - sessions_, " sessions, ", count("sessions_run") - runs_,
                            " runs");
    }

private:
    [[nodiscard]] int count(const char *name) const {
        return reinterpret_cast<int (*)()>(::dlsym(library_, name))();
    }
    void *library_;
    int sessions_;
    int runs_;
};

class OnnxRuntimeCounts : public testing::Test {
protected:
    void SetUp() override {
        library_ = in_child({}, taken);
        if (!library_.starts_with('/'))
            GTEST_SKIP() << library_;
    }

    // What `body` counts in a process of its own.
    [[nodiscard]] std::string counted(const std::function<std::string(const vsmlrt_backend &)> &body) const {
        return in_child({{"VSMLRT_ONNXRUNTIME", counting}, {"COUNTED_ONNXRUNTIME", library_}}, [&] {
            const Opened opened = open_module(module);
            if (!opened.backend)
                return opened.reason;
            // The precision of a device is measured with its first program.
            static_cast<void>(Program(*opened.backend, model::write_onnx(srvgg(4, 2)), {}));
            return body(*opened.backend);
        });
    }

private:
    std::string library_;
};

// So that a new size takes no longer than one that was there: nothing is compiled for it, and nothing is run
// to find out what size its result has.
TEST_F(OnnxRuntimeCounts, ANewSizeTakesNoSessionAndNoRunMoreThanOneThatWasThere) {
    EXPECT_EQ(counted([](const vsmlrt_backend &backend) {
                  ProgramOptions range;
                  range.largest = {400, 400};
                  const Counts counts;
                  Program program(backend, model::write_onnx(srvgg(8, 2)), range);
                  std::string lines = counts.text() + "\n";
                  Context context = program.context();
                  for (const vsmlrt_extent extent :
                       {vsmlrt_extent{30, 30}, {30, 30}, {31, 29}, {400, 8}, {30, 30}}) {
                      context.bind(extent);
                      static_cast<void>(context.run_bound());
                      lines += counts.text() + "\n";
                  }
                  return lines;
              }),
              "1 sessions, 0 runs\n1 sessions, 1 runs\n1 sessions, 2 runs\n1 sessions, 3 runs\n"
              "1 sessions, 4 runs\n1 sessions, 5 runs\n");
}

TEST_F(OnnxRuntimeCounts, StreamsShareASession) {
    EXPECT_EQ(counted([](const vsmlrt_backend &backend) {
                  ProgramOptions options;
                  options.num_streams = 3;
                  const Counts counts;
                  Program program(backend, model::write_onnx(srvgg(8, 2)), options);
                  std::vector<Context> contexts;
                  for (int i = 0; i < 3; ++i) {
                      contexts.push_back(program.context());
                      contexts.back().bind({16, 16});
                      static_cast<void>(contexts.back().run_bound());
                  }
                  return counts.text();
              }),
              "1 sessions, 3 runs");
}

} // namespace
} // namespace vsmlrt::test
