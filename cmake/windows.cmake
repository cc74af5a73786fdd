# Builds for Windows with Debian's mingw-w64 (g++-mingw-w64-x86-64-posix): -DCMAKE_TOOLCHAIN_FILE=cmake/windows.cmake
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)
set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(VSMLRT_DRIVE "Z:") # what Wine calls this machine's /
find_program(VSMLRT_WINE NAMES wine wine64 PATHS /usr/lib/wine)
set(CMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE PRE_TEST) # building does not need Wine
if(VSMLRT_WINE)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${VSMLRT_WINE})
endif()
