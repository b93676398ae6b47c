# cmake -C deploy/build/tsan.cmake -S . -B build-tsan
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(GV_SANITIZE "thread" CACHE STRING "")
