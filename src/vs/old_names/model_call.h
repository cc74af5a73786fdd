// A call of core.mlrt.Model by the rules of vs-mlrt's plugins: planes are channels as they are, the result is
// float GRAY or RGB, and the network is computed in fp32 unless asked otherwise.
#pragma once

#include "vs/arguments.h"

#include <string>

namespace vsmlrt::vs {

enum class Samples { single, single_or_half };

class ModelCall {
public:
    // Takes what all plugins have: clips, tilesize, overlap, flexible_output_prop. BadArgument for clips of
    // other samples.
    ModelCall(const Host &host, const VSMap &in, Samples accepted);

    // network_path, path_is_serialization, builtin and builtindir.
    void take_network();
    // fp16 and fp16_blacklist_ops: half precision, else fp32.
    void take_precision();
    // output_format, which says something only with fp16; else 0. (A file whose result is float16 gives
    // that.)
    void take_output_format();
    // num_streams, at least 1, which it is where it is not given.
    void take_streams();

    [[nodiscard]] const Arguments &given() const { return given_; }
    void set(const char *key, std::int64_t value);
    void set(const char *key, const std::string &value);
    // An option of what computes: "provider.use_tf32", "1".
    void add_option(const std::string &key, const std::string &value);

    void run(VSMap &out) const;

private:
    void copy(const char *key);

    Host host_;
    const VSMap *in_;
    Arguments given_;
    Map arguments_;
};

} // namespace vsmlrt::vs
