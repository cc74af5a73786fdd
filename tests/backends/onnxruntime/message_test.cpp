// What ONNX Runtime says of a failure, made a part of a sentence.
#include "backends/onnxruntime/message.h"

#include <gtest/gtest.h>

namespace vsmlrt::ort {
namespace {

const std::string factory =
    "virtual std::unique_ptr<onnxruntime::IExecutionProvider> "
    "onnxruntime::PluginExecutionProviderFactory::CreateProvider(const OrtSessionOptions&, const OrtLogger&)";

TEST(OnnxRuntimeMessages, LosePlacesInSourcesAndStatusCodes) {
    const Message message =
        read_message("/onnxruntime_src/onnxruntime/core/session/ep_plugin_provider_interfaces.cc:393 " +
                     factory + " [ONNXRuntimeError] : 1 : FAIL : the abacus has lost its beads\n");
    EXPECT_EQ(message.words, "the abacus has lost its beads");
    EXPECT_EQ(message.origin, factory);
}

TEST(OnnxRuntimeMessages, KeepTheWordsAroundAPlace) {
    const Message message = read_message(
        "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running Add node. "
        "Status Message: /src/element_wise_ops.h:560 "
        "void onnxruntime::BroadcastIterator::Init(ptrdiff_t, ptrdiff_t) const [with T = float] "
        "axis == 1 was false. 3 by 2");
    EXPECT_EQ(message.words,
              "Non-zero status code returned while running Add node. Status Message: axis == 1 was "
              "false. 3 by 2");
    EXPECT_EQ(message.origin,
              "void onnxruntime::BroadcastIterator::Init(ptrdiff_t, ptrdiff_t) const [with T = float]");
}

TEST(OnnxRuntimeMessages, KnowASignatureByItsBrackets) {
    for (const char *signature :
         {"main(int, char**)::<lambda(const Node&, std::pair<int, int>)>",
          "std::function<void(int, int)> onnxruntime::(anonymous namespace)::make(bool (*)(int), int)",
          "T onnxruntime::Cast::operator()(const std::vector<long int>&) const"}) {
        const Message message = read_message("before /src/a.cpp:7 " + std::string(signature) + " (after) it");
        EXPECT_EQ(message.words, "before (after) it");
        EXPECT_EQ(message.origin, signature);
    }
}

TEST(OnnxRuntimeMessages, BecomeOneLineWithoutAFullStop) {
    const Message message = read_message("  no beads:\n\tone is here,\r\n\n nine are lost.\n");
    EXPECT_EQ(message.words, "no beads: one is here, nine are lost");
    EXPECT_EQ(message.origin, "");
}

TEST(OnnxRuntimeMessages, AreNeverEmpty) {
    for (const std::string &given : {std::string(), std::string(" .\n"), "/src/a.cc:7 " + factory + " "})
        EXPECT_EQ(read_message(given).words, "it gives no reason");
}

// Nothing is lost of a text that only looks like one with a place.
TEST(OnnxRuntimeMessages, OfAnotherFormAreAllWords) {
    for (const char *given : {"Load model from memory failed:Protobuf parsing failed", "see a.cc:12",
                              "see a.cc:12 ", "a.h: 3", "a.cc:", "a.cc:12 unbalanced(",
                              "a.cc:12 no signature at all", "[ONNXRuntimeError] : 1", "x]>) a.cc:1 >b) c"}) {
        const Message message = read_message(given);
        EXPECT_EQ(message.origin, "") << given;
        std::string trimmed = given;
        while (trimmed.ends_with(' '))
            trimmed.pop_back();
        EXPECT_EQ(message.words, trimmed);
    }
}

} // namespace
} // namespace vsmlrt::ort
