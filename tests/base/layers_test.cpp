// The layers of docs/architecture.md, read off the includes: a folder may use those below it and no others.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

using Names = std::set<std::string>;

// What each folder may include besides itself and the public headers in include/vsmlrt.
const std::map<std::string, Names> allowed = {
    {"base", {}},
    {"timeline", {"base"}},
    {"tensor", {"base"}},
    {"tile", {"base"}},
    {"pixel", {"base", "tensor"}},
    {"cpu", {"base", "tensor"}},
    {"cache", {"base", "tensor"}},
    {"model", {"base", "tensor"}},
    {"graph", {"base", "tensor", "model"}},
    {"interpreter", {"base", "tensor", "graph"}},
    {"engine", {"base", "tensor", "tile", "pixel", "cache", "model", "graph"}},
    {"vs", {"base", "timeline", "tensor", "tile", "pixel", "cache", "model", "graph", "engine", "nvidia"}},
    {"module", {"base", "tensor", "graph"}},
    {"nvidia", {"base"}},
    {"command", {}},
    {"backends", {"base", "tensor", "pixel", "cpu", "model", "graph", "interpreter", "module", "nvidia"}},
};

// Headers from outside, and the only folder that may include them.
const std::map<std::string, std::string> reserved = {{"VapourSynth4.h", "vs"},
                                                     {"VSHelper4.h", "vs"},
                                                     {"openvino", "backends/openvino"},
                                                     {"protozero", "model"},
                                                     {"dlfcn.h", "base"}};

// Headers of one system: only files of base and of the command that end in its name include them, so that
// what differs between systems stands behind a header of base.
const std::set<std::string> of_linux = {"dirent.h", "dlfcn.h", "fcntl.h", "link.h",   "poll.h",  "pthread.h",
                                        "pwd.h",    "sched.h", "sys",     "syslog.h", "unistd.h"};
const std::set<std::string> of_windows = {"direct.h",   "io.h",     "process.h", "psapi.h",
                                          "shellapi.h", "shlobj.h", "windows.h", "winsock2.h"};

struct Include {
    std::string file; // relative to src
    std::string target;
    bool quoted;
};

// "backends/openvino" for files in there, else the first folder.
std::string folder_of(const fs::path &path) {
    auto part = path.begin();
    const std::string first = part->string();
    return first == "backends" ? first + "/" + (++part)->string() : first;
}

// What stands between the marks of an #include line; empty for other lines.
std::string included(const std::string &line, bool &quoted) {
    const std::size_t begin = line.find_first_of("<\"");
    if (!line.starts_with("#include") || begin == std::string::npos)
        return {};
    quoted = line[begin] == '"';
    return line.substr(begin + 1, line.find(quoted ? '"' : '>', begin + 1) - begin - 1);
}

std::vector<Include> read_includes(const fs::path &source) {
    std::vector<Include> includes;
    for (const auto &entry : fs::recursive_directory_iterator(source)) {
        const std::string ending = entry.path().extension().string();
        if (ending != ".h" && ending != ".cpp")
            continue;
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);) {
            bool quoted = false;
            const std::string target = included(line, quoted);
            if (!target.empty())
                includes.push_back({fs::relative(entry.path(), source).string(), target, quoted});
        }
    }
    return includes;
}

bool is_of_system(const std::string &file, const std::string &system) {
    const std::string folder = folder_of(file);
    return (folder == "base" || folder == "command") && file.find(system) != std::string::npos;
}

// Empty, or what is wrong.
std::string judge(const Include &include) {
    const std::string folder = folder_of(include.file);
    const std::string layer = folder.substr(0, folder.find('/'));
    const std::string first = fs::path(include.target).begin()->string();
    if (const auto owner = reserved.find(first); owner != reserved.end() && owner->second != folder)
        return "only src/" + owner->second + " includes " + first;
    for (const auto &[headers, system] : {std::pair{&of_linux, "linux"}, {&of_windows, "windows"}})
        if (headers->count(first) != 0 && !is_of_system(include.file, system))
            return "only src/base/*_" + std::string(system) + ".cpp includes " + first;
    if (!include.quoted || first == "vsmlrt")
        return {};
    if (allowed.count(first) == 0)
        return "is not a path from src or include";
    if (folder_of(include.target) == folder)
        return {};
    const auto rule = allowed.find(layer);
    if (rule == allowed.end())
        return "src/" + layer + " is not a layer known to this test";
    return rule->second.count(first) != 0 ? "" : "src/" + folder + " may not use src/" + first;
}

TEST(Layers, IncludeOnlyWhatLiesBelow) {
    const std::vector<Include> includes = read_includes(VSMLRT_SOURCE_FOLDER);
    ASSERT_GT(includes.size(), 100U) << "the sources were not found in " << VSMLRT_SOURCE_FOLDER;
    for (const Include &include : includes)
        EXPECT_EQ(judge(include), "") << "src/" << include.file << " includes " << include.target;
}

// One file a system behind one header; what a module shows is marked in the one header of its door.
TEST(Layers, NobodyAsksWhichSystemThisIs) {
    const fs::path root = fs::path(VSMLRT_SOURCE_FOLDER).parent_path();
    for (const char *folder : {"src", "include"})
        for (const auto &entry : fs::recursive_directory_iterator(root / folder)) {
            const std::string name = fs::relative(entry.path(), root).generic_string();
            if (!entry.is_regular_file() || name == "include/vsmlrt/backend.h")
                continue;
            std::ifstream file(entry.path());
            for (std::string line; std::getline(file, line);)
                for (const char *system :
                     {"_WIN32", "_WIN64", "__linux__", "__MINGW", "__unix__", "_MSC_VER"})
                    EXPECT_EQ(line.find(system), std::string::npos) << name << ": " << line;
        }
}

// What std::filesystem makes of plain characters is not UTF-8 on every system.
TEST(Layers, TextOfPathsIsTakenByOneFunction) {
    for (const auto &entry : fs::recursive_directory_iterator(VSMLRT_SOURCE_FOLDER)) {
        const std::string name = fs::relative(entry.path(), VSMLRT_SOURCE_FOLDER).string();
        if (!entry.is_regular_file() || name.find("openvino") != std::string::npos)
            continue;
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);)
            for (const char *call : {".string()", "->string()"})
                EXPECT_EQ(line.find(call), std::string::npos) << name << ": text_of(path)";
    }
}

TEST(Layers, CommentsNameDecisionsThatExist) {
    const fs::path root = fs::path(VSMLRT_SOURCE_FOLDER).parent_path();
    const std::regex page("docs/decisions/[A-Za-z0-9_.-]+[.]md");
    int pages = 0;
    for (const char *folder : {"src", "include", "tests", "cmake", "python"})
        for (const auto &entry : fs::recursive_directory_iterator(root / folder)) {
            if (!entry.is_regular_file())
                continue;
            std::ifstream file(entry.path());
            for (std::string line; std::getline(file, line);)
                for (std::sregex_iterator it(line.begin(), line.end(), page), end; it != end; ++it, ++pages)
                    EXPECT_TRUE(fs::exists(root / it->str())) << entry.path() << " names " << it->str();
        }
    EXPECT_GT(pages, 0);
}

TEST(Layers, ShortcutsAreRefused) {
    EXPECT_EQ(judge({"base/file.cpp", "tensor/half.h", true}), "src/base may not use src/tensor");
    EXPECT_EQ(judge({"graph/ir.h", "engine/pool.h", true}), "src/graph may not use src/engine");
    EXPECT_EQ(judge({"engine/pool.h", "vs/color.h", true}), "src/engine may not use src/vs");
    EXPECT_EQ(judge({"engine/pool.h", "module/door.h", true}), "src/engine may not use src/module");
    EXPECT_EQ(judge({"vs/plugin.cpp", "backends/openvino/device.h", true}),
              "src/vs may not use src/backends");
    EXPECT_EQ(judge({"backends/reference/run.cpp", "backends/openvino/device.h", true}),
              "src/backends/reference may not use src/backends");
    EXPECT_EQ(judge({"engine/pool.h", "VapourSynth4.h", false}), "only src/vs includes VapourSynth4.h");
    EXPECT_EQ(judge({"backends/reference/run.cpp", "openvino/openvino.hpp", false}),
              "only src/backends/openvino includes openvino");
    EXPECT_EQ(judge({"backends/onnxruntime/nvidia.cpp", "dlfcn.h", false}), "only src/base includes dlfcn.h");
    EXPECT_EQ(judge({"base/file.cpp", "dlfcn.h", false}), "only src/base/*_linux.cpp includes dlfcn.h");
    EXPECT_EQ(judge({"engine/memory.cpp", "unistd.h", false}), "only src/base/*_linux.cpp includes unistd.h");
    EXPECT_EQ(judge({"base/file_linux.cpp", "sys/stat.h", false}), "");
    EXPECT_EQ(judge({"base/file_linux.cpp", "windows.h", false}),
              "only src/base/*_windows.cpp includes windows.h");
    EXPECT_EQ(judge({"base/file.cpp", "file.h", true}), "is not a path from src or include");
    EXPECT_EQ(judge({"new/thing.cpp", "base/text.h", true}), "src/new is not a layer known to this test");
    EXPECT_EQ(judge({"backends/reference/run.cpp", "graph/ir.h", true}), "");
    EXPECT_EQ(judge({"module/door.h", "vsmlrt/backend.h", true}), "");
}

} // namespace
