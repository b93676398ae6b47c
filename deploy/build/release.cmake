# cmake -C deploy/build/release.cmake -S . -B build-release
set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "")
set(GV_SANITIZE "" CACHE STRING "")
