# cmake -C deploy/build/debug.cmake -S . -B build-debug
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(GV_SANITIZE "" CACHE STRING "")
