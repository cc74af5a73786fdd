// The public functions of core.mlrt. Each throws an Error; docs/reference.md is their contract.
#pragma once

#include "vs/handles.h"

namespace vsmlrt::vs {

extern const char *const model_arguments;
extern const char *const interpolate_arguments;

// Says once, for debugging, which names of vs-mlrt's another plugin has in this core.
void note_taken_names(const Host &host);

void model(const Host &host, const VSMap &in, VSMap &out);
void layers(const Host &host, const VSMap &in, VSMap &out);
void interpolate(const Host &host, const VSMap &in, VSMap &out);
void interpolate_layers(const Host &host, const VSMap &in, VSMap &out);
void devices(const Host &host, const VSMap &in, VSMap &out);
void version(const Host &host, const VSMap &in, VSMap &out);
void inspect(const Host &host, const VSMap &in, VSMap &out);
void import(const Host &host, const VSMap &in, VSMap &out);
void plans(const Host &host, const VSMap &in, VSMap &out);

} // namespace vsmlrt::vs
