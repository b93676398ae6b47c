# cmake -C deploy/build/asan-ubsan.cmake -S . -B build-asan-ubsan
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(GV_SANITIZE "address" CACHE STRING "")
set(GV_FAILPOINTS ON CACHE BOOL "")
