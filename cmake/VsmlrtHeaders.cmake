# What is parsed once. Headers: those of the standard library that half of src/ includes, GoogleTest's for the tests,
# OpenVINO's, and those of ours that most files of a layer include and that seldom change (docs/decisions/0056). No file may rest
# on that: the build for Windows compiles each of its files by its own includes, tests too, and clang-tidy those of src. Off with a launcher as
# well: ccache knows a file by its text, in which they are not. Files compiled together are so with one, too: it is what finds two of a name.
option(VSMLRT_PRECOMPILED_HEADERS "Parse the standard library's headers once" ON)
option(VSMLRT_TOGETHER "Compile up to eight files of a target as one in builds with tests or fuzzing" ON)
if(WIN32)
  set(VSMLRT_TOGETHER OFF)
endif()
if(WIN32 OR CMAKE_CXX_COMPILER_LAUNCHER OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(VSMLRT_PRECOMPILED_HEADERS OFF)
endif()
set(VSMLRT_STANDARD_HEADERS ${CMAKE_SOURCE_DIR}/cmake/strings_once.h <algorithm> <array> <charconv> <cmath> <cstring> <functional>
                            <limits> <map> <memory> <mutex> <numeric> <optional> <set> <span> <sstream> <string>
                            <string_view> <unordered_map> <utility> <variant> <vector>)
if(VSMLRT_PRECOMPILED_HEADERS AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12's false alarm in string concatenation (see VsmlrtTargets.cmake) takes this name as well where the header was parsed before.
  target_compile_options(vsmlrt_options INTERFACE -Wno-array-bounds)
endif()

# vsmlrt_headers(KIND [PROGRAM] HEADERS ... [USES ...] [INCLUDES folder...]): they serve targets whose macros and code generation are
# alike, but for -O; USES gives the options of such a target, INCLUDES where headers look for ours. PROGRAM: those of a program, not of
# a library.
function(vsmlrt_headers kind)
  cmake_parse_arguments(ARG "PROGRAM" "" "HEADERS;USES;INCLUDES" ${ARGN})
  if(NOT VSMLRT_PRECOMPILED_HEADERS)
    return()
  endif()
  set(source ${CMAKE_BINARY_DIR}/headers_${kind}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "int main() { return 0; }\n")
  if(ARG_PROGRAM)
    add_executable(vsmlrt_headers_${kind} EXCLUDE_FROM_ALL ${source})
  else()
    add_library(vsmlrt_headers_${kind} OBJECT EXCLUDE_FROM_ALL ${source})
  endif()
  target_link_libraries(vsmlrt_headers_${kind} PRIVATE vsmlrt_options ${ARG_USES})
  target_include_directories(vsmlrt_headers_${kind} PRIVATE ${ARG_INCLUDES})
  target_precompile_headers(vsmlrt_headers_${kind} PRIVATE ${ARG_HEADERS})
endfunction()

# vsmlrt_precompiled(TARGET [KIND]): the target's sources take these headers from there; a library's where no kind is named.
function(vsmlrt_precompiled target)
  set(kinds library ${ARGN})
  list(GET kinds -1 kind)
  if(VSMLRT_PRECOMPILED_HEADERS)
    target_precompile_headers(${target} REUSE_FROM vsmlrt_headers_${kind})
  endif()
endfunction()

# vsmlrt_together(TARGET): up to eight of a target's files are compiled as one (VSMLRT_TOGETHER): what they include of ours is
# parsed once for all of them. A file's names without linkage must then differ from the other files', and from what those take from
# elsewhere. What is built without tests is not compiled like that, nor what is for Windows.
# vsmlrt_apart(FILES...): these are not, for they have a name each that another has too.
add_library(vsmlrt_together_options INTERFACE)
target_compile_options(vsmlrt_together_options INTERFACE -Wno-shadow) # of another file's names
function(vsmlrt_together target)
  if(VSMLRT_TOGETHER AND (VSMLRT_TESTS OR VSMLRT_FUZZ))
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    target_link_libraries(${target} PRIVATE vsmlrt_together_options)
  endif()
endfunction()
function(vsmlrt_apart)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# <filesystem> costs a file that has no use for it 40 ms: what its inline functions call is instantiated at each file's end.
vsmlrt_headers(library HEADERS ${VSMLRT_STANDARD_HEADERS} <filesystem> ${CMAKE_SOURCE_DIR}/src/base/error.h
               INCLUDES ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
vsmlrt_headers(network HEADERS ${VSMLRT_STANDARD_HEADERS} ${CMAKE_SOURCE_DIR}/src/base/error.h ${CMAKE_SOURCE_DIR}/src/model/network.h
                               ${CMAKE_SOURCE_DIR}/src/graph/ir.h ${CMAKE_SOURCE_DIR}/src/graph/infer.h
               INCLUDES ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
if(VSMLRT_TESTS)
  vsmlrt_headers(test PROGRAM HEADERS ${VSMLRT_STANDARD_HEADERS} <atomic> <filesystem> <fstream> <random> <thread> <gtest/gtest.h>
                 USES vsmlrt_test_options GTest::gtest)
endif()
