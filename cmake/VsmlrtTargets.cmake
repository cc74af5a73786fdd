# One place that says how this project's targets are compiled.
add_library(vsmlrt_options INTERFACE)
target_compile_options(vsmlrt_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                                                -Wold-style-cast -Woverloaded-virtual -Werror)
# g++ 12 at -O3 sees overlapping copies in plain string assignments (GCC bug 105651) and overflows in vector::insert,
# and under sanitizers uninitialized strings in empty optionals.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(vsmlrt_options INTERFACE -Wno-restrict -Wno-stringop-overflow)
  if(VSMLRT_SANITIZE)
    target_compile_options(vsmlrt_options INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()
# For files compiled for AVX-512: GCC 12 takes the undefined vectors inside its own header for a mistake (its bug 105593).
set(VSMLRT_QUIET_AVX512 "$<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized;-Wno-uninitialized>")
if(WIN32)
  # Nothing lies next to the libraries: the compiler's own are inside. The stack is aligned to 16 bytes only, which GCC
  # does not heed when it keeps vectors there (its bug 54412): the assembler writes moves that do not mind.
  target_link_options(vsmlrt_options INTERFACE -static)
  target_compile_options(vsmlrt_options INTERFACE -Wa,-muse-unaligned-vector-move)
  target_compile_definitions(vsmlrt_options INTERFACE NOMINMAX WIN32_LEAN_AND_MEAN UNICODE _WIN32_WINNT=0x0A00)
else()
  # Code in the modules and the plugin must never resolve to another library's symbols in the host process.
  target_link_options(vsmlrt_options INTERFACE -Wl,--no-undefined -Wl,-Bsymbolic)
endif()
# Tests are long and run briefly: what they test is optimised as it is shipped, they themselves are compiled sooner.
add_library(vsmlrt_test_options INTERFACE)
target_compile_options(vsmlrt_test_options INTERFACE $<$<CONFIG:Release>:-O1>)
# They and the emulated GPU's kernels, hundreds of libraries, are linked in half the time where this linker is there; what ships is not.
set(VSMLRT_TEST_LINKER "")
if(VSMLRT_TESTS AND NOT WIN32 AND NOT VSMLRT_SANITIZE)
  include(CheckLinkerFlag)
  check_linker_flag(CXX -fuse-ld=gold VSMLRT_HAS_GOLD)
  if(VSMLRT_HAS_GOLD)
    set(VSMLRT_TEST_LINKER -fuse-ld=gold)
    target_link_options(vsmlrt_test_options INTERFACE ${VSMLRT_TEST_LINKER})
  endif()
endif()
if(VSMLRT_SANITIZE STREQUAL "address")
  target_compile_options(vsmlrt_options INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer
                                                  -fno-sanitize-recover=undefined)
  target_link_options(vsmlrt_options INTERFACE -fsanitize=address,undefined -Wl,-z,undefs)
elseif(VSMLRT_SANITIZE STREQUAL "thread")
  target_compile_options(vsmlrt_options INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(vsmlrt_options INTERFACE -fsanitize=thread -Wl,-z,undefs)
endif()

# vsmlrt_library(NAME [LOOPS] SOURCES ... [LINKS ...] [USES ...] [HEADERS kind]): one layer, a static library.
# LINKS are layers whose headers appear in this layer's headers, USES those used in its sources only,
# HEADERS which of the headers that are parsed once (cmake/VsmlrtHeaders.cmake) it takes. LOOPS: it has loops over pixels, which are
# compiled as they ship in every build.
function(vsmlrt_library name)
  cmake_parse_arguments(ARG "LOOPS" "HEADERS" "SOURCES;LINKS;USES" ${ARGN})
  add_library(vsmlrt_${name} STATIC ${ARG_SOURCES})
  target_include_directories(vsmlrt_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(vsmlrt_${name} PUBLIC ${ARG_LINKS} PRIVATE vsmlrt_options ${ARG_USES})
  vsmlrt_precompiled(vsmlrt_${name} ${ARG_HEADERS})
  if(NOT ARG_LOOPS)
    vsmlrt_together(vsmlrt_${name})
  endif()
endfunction()

# vsmlrt_module(NAME SOURCES ... USES ... [FOLDERS ...] [PACKAGE requirement] [HEADERS kind] [GPU]): one loadable backend, libvsmlrt_NAME.so
# (.dll), installed next to the plugin; the conformance suite takes all of them. FOLDERS are where its vendor's library is
# looked for, from the folder that it is installed in: its RPATH, or on Windows a text file next to it. GPU: it needs
# one, and its tests carry the label gpu. PACKAGE is what pip installs to bring the vendor's library; it is written to a text file next to
# the module, because a module whose library is missing cannot be loaded and asked.
function(vsmlrt_module name)
  cmake_parse_arguments(ARG "GPU" "PACKAGE;HEADERS" "SOURCES;USES;FOLDERS" ${ARGN})
  set_property(GLOBAL APPEND PROPERTY VSMLRT_BACKENDS ${name})
  if(ARG_GPU)
    set_property(GLOBAL APPEND PROPERTY VSMLRT_GPU_BACKENDS ${name})
  endif()
  add_library(vsmlrt_${name} MODULE ${ARG_SOURCES})
  target_include_directories(vsmlrt_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(vsmlrt_${name} PRIVATE vsmlrt_options ${ARG_USES})
  vsmlrt_precompiled(vsmlrt_${name} ${ARG_HEADERS})
  vsmlrt_together(vsmlrt_${name})
  set_target_properties(vsmlrt_${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugin)
  add_dependencies(vsmlrt_package vsmlrt_${name})
  install(TARGETS vsmlrt_${name} LIBRARY DESTINATION .)
  if(ARG_FOLDERS AND WIN32)
    list(JOIN ARG_FOLDERS "\n" lines)
    file(WRITE ${CMAKE_BINARY_DIR}/plugin/libvsmlrt_${name}.folders "${lines}\n")
    install(FILES ${CMAKE_BINARY_DIR}/plugin/libvsmlrt_${name}.folders DESTINATION .)
  elseif(ARG_FOLDERS)
    list(TRANSFORM ARG_FOLDERS PREPEND "$ORIGIN/" OUTPUT_VARIABLE folders)
    list(JOIN folders ":" rpath)
    set_target_properties(vsmlrt_${name} PROPERTIES INSTALL_RPATH "${rpath}")
  endif()
  if(ARG_PACKAGE)
    file(WRITE ${CMAKE_BINARY_DIR}/plugin/libvsmlrt_${name}.package "${ARG_PACKAGE}\n")
    install(FILES ${CMAKE_BINARY_DIR}/plugin/libvsmlrt_${name}.package DESTINATION .)
  endif()
endfunction()

# vsmlrt_absent_module(NAME reason): this system has no such backend; who asks for it is told why.
function(vsmlrt_absent_module name reason)
  file(WRITE ${CMAKE_BINARY_DIR}/plugin/libvsmlrt_${name}.absent "${reason}\n")
  install(FILES ${CMAKE_BINARY_DIR}/plugin/libvsmlrt_${name}.absent DESTINATION .)
endfunction()

# vsmlrt_test(NAME [ISOLATED] [GUARDED] SOURCES ... USES ... [GPU_TESTS pattern...]): one GoogleTest program, registered with ctest
# test by test; those that a pattern names get ctest's label gpu (ctest -L gpu, ctest -LE gpu). tools/run_tests.py finds it
# in test_programs.txt; ISOLATED says that its tests need a process each. GUARDED: what is
# read or written behind the end of an allocation ends it (tests/base/guarded_memory.cpp), where no sanitizer does that.
function(vsmlrt_test name)
  cmake_parse_arguments(ARG "ISOLATED;GUARDED" "" "SOURCES;USES;GPU_TESTS" ${ARGN})
  if(ARG_GUARDED AND NOT VSMLRT_SANITIZE AND NOT WIN32)
    list(APPEND ARG_SOURCES ${CMAKE_SOURCE_DIR}/tests/base/guarded_memory.cpp
                            ${CMAKE_SOURCE_DIR}/tests/base/guarded_memory_test.cpp)
  endif()
  add_executable(test_${name} ${ARG_SOURCES})
  if(ARG_ISOLATED)
    set(kind isolated)
  else()
    set(kind shared)
  endif()
  file(APPEND ${CMAKE_BINARY_DIR}/test_programs.txt "${CMAKE_CURRENT_BINARY_DIR}/test_${name}${CMAKE_EXECUTABLE_SUFFIX} ${kind}\n")
  target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include
                                                  ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(test_${name} PRIVATE vsmlrt_options ${ARG_USES} GTest::gtest GTest::gtest_main)
  target_link_libraries(test_${name} PRIVATE vsmlrt_test_options)
  if(NOT openvino::runtime IN_LIST ARG_USES) # OpenVINO defines a macro that those headers were parsed without
    vsmlrt_precompiled(test_${name} test)
  endif()
  vsmlrt_together(test_${name})
  if(NOT ARG_GPU_TESTS)
    gtest_discover_tests(test_${name} TEST_PREFIX ${name}: DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60)
    return()
  endif()
  list(JOIN ARG_GPU_TESTS ":" patterns)
  gtest_discover_tests(test_${name} TEST_PREFIX ${name}: DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 TEST_FILTER "-${patterns}")
  gtest_discover_tests(test_${name} TEST_PREFIX ${name}: DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 TEST_FILTER "${patterns}"
                       TEST_LIST test_${name}_gpu PROPERTIES LABELS gpu)
endfunction()

# vsmlrt_fuzz(NAME SOURCES ... USES ... CORPUS dir): one libFuzzer target; a short run over its seeds is a test.
function(vsmlrt_fuzz name)
  cmake_parse_arguments(ARG "" "CORPUS" "SOURCES;USES" ${ARGN})
  add_executable(fuzz_${name} ${ARG_SOURCES})
  target_include_directories(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  target_link_libraries(fuzz_${name} PRIVATE vsmlrt_options ${ARG_USES})
  add_dependencies(fuzz_all fuzz_${name})
  set(work ${CMAKE_CURRENT_BINARY_DIR}/corpus_${name})
  file(MAKE_DIRECTORY ${work})
  add_test(NAME fuzz:${name} COMMAND fuzz_${name} -max_total_time=20 -rss_limit_mb=2048 -malloc_limit_mb=1024
                                     -timeout=10 ${work} ${ARG_CORPUS})
endfunction()
