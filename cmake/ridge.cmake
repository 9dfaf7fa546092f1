# Build rules shared by every folder: one static library a folder, one test binary beside it, and
# one fuzzer a *_fuzz.cpp.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(RIDGE_WERROR "treat warnings as errors" ON)
option(RIDGE_TESTS "build the tests (needs GoogleTest)" ON)
option(RIDGE_CORE_ONLY "build what needs the standard library alone: no text, hub, engine, cli" OFF)
option(RIDGE_UNITY "compile files of a folder together, which takes half the time from scratch" ON)
option(RIDGE_FUZZ "build the libFuzzer targets (clang only)" OFF)
set(RIDGE_SANITIZE "" CACHE STRING "value of -fsanitize=, empty for none")

find_program(RIDGE_CCACHE ccache)
if(RIDGE_CCACHE)
  # The base folder lets two clones share what they compiled; the sloppiness is what a precompiled
  # header needs.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
    CCACHE_SLOPPINESS=pch_defines,time_macros ${RIDGE_CCACHE})
endif()

find_package(Threads REQUIRED)

add_library(ridge_options INTERFACE)
target_compile_options(ridge_options INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
  -Wno-missing-field-initializers  # designated initialisers name what they set
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)  # g++ 12 sees ghosts in std::string, std::variant
if(RIDGE_WERROR)
  target_compile_options(ridge_options INTERFACE -Werror)
endif()
if(RIDGE_SANITIZE)
  target_compile_options(ridge_options INTERFACE -fsanitize=${RIDGE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(ridge_options INTERFACE -fsanitize=${RIDGE_SANITIZE})
endif()
# For unrolled kernels: checks as calls instead of code at every load, which took minutes a file, and
# addresses alone, since instructions' names leave little that is undefined.
set(ridge_sanitize_kernels "")
if(RIDGE_SANITIZE MATCHES "address" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(ridge_sanitize_kernels -fno-sanitize=undefined --param=asan-instrumentation-with-call-threshold=0)
endif()
if(RIDGE_FUZZ)
  target_compile_options(ridge_options INTERFACE -fsanitize=fuzzer-no-link)
  add_custom_target(fuzzers)
endif()
target_include_directories(ridge_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_link_libraries(ridge_options INTERFACE Threads::Threads)

if(RIDGE_TESTS)
  # gtest.h costs 2-3.5 s a file with g++ 12 and 1.3 s precompiled.
  if(CMAKE_CROSSCOMPILING)  # Debian's library is for this machine; its package brings the source too
    set(BUILD_GMOCK OFF)
    set(INSTALL_GTEST OFF)
    add_subdirectory(/usr/src/googletest ${CMAKE_BINARY_DIR}/googletest EXCLUDE_FROM_ALL SYSTEM)
  else()
    find_package(GTest REQUIRED)
  endif()
  add_library(ridge_test_main STATIC ${CMAKE_SOURCE_DIR}/tests/support/main.cpp)
  target_link_libraries(ridge_test_main PUBLIC ridge_options GTest::gtest)
  target_precompile_headers(ridge_test_main PUBLIC <gtest/gtest.h>)
  target_include_directories(ridge_test_main PUBLIC ${CMAKE_SOURCE_DIR}/tests)

  # Replaces operator new where it is linked: ridge_library(... TEST_LINK ridge_test_allocations).
  add_library(ridge_test_allocations STATIC ${CMAKE_SOURCE_DIR}/tests/support/allocations.cpp)
  target_include_directories(ridge_test_allocations PUBLIC ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(ridge_test_allocations PUBLIC ridge_options)

  add_library(ridge_test_model STATIC ${CMAKE_SOURCE_DIR}/tests/support/tiny_model.cpp)
  target_include_directories(ridge_test_model PUBLIC ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(ridge_test_model PUBLIC ridge_synth)
endif()

# ridge_library(base [LINK lib ...] [OWN_FLAGS] [COLD] [SEPARATE ...]): every .cpp below this folder but
# *_test.cpp and *_fuzz.cpp, as ridge_base; *_test.cpp together become the binary base_test and the
# CTest entry `base`; each foo_fuzz.cpp becomes the libFuzzer binary foo_fuzz, run by tools/fuzz.sh.
# Reading the standard library was half of a small file's time in the compiler, so it is precompiled,
# once for all folders but those with OWN_FLAGS. COLD: nothing there is worth the optimizer's time.
# SEPARATE: patterns of files that RIDGE_UNITY leaves alone, since they use a name in their own way.
set(ridge_precompiled <algorithm> <array> <cstdint> <filesystem> <functional> <map> <memory> <optional> <span>
  <string> <string_view> <utility> <variant> <vector>)
function(ridge_library name)
  cmake_parse_arguments(ARG "OWN_FLAGS;COLD" "" "LINK;TEST_LINK;ONLY;EXCLUDE;SEPARATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  foreach(pattern ${ARG_ONLY})
    list(FILTER sources INCLUDE REGEX ${pattern})
  endforeach()
  foreach(pattern ${ARG_EXCLUDE})
    list(FILTER sources EXCLUDE REGEX ${pattern})
  endforeach()
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  set(fuzzers ${sources})
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cpp$")
  if(sources)
    add_library(ridge_${name} STATIC ${sources})
    target_link_libraries(ridge_${name} PUBLIC ridge_options ${ARG_LINK})
    if(name STREQUAL "base")
      target_precompile_headers(ridge_base PRIVATE ${ridge_precompiled})
    elseif(NOT ARG_OWN_FLAGS)
      target_precompile_headers(ridge_${name} REUSE_FROM ridge_base)
    endif()
    if(RIDGE_UNITY)
      set_target_properties(ridge_${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
      foreach(pattern ${ARG_SEPARATE})
        set(separate ${sources})
        list(FILTER separate INCLUDE REGEX ${pattern})
        set_source_files_properties(${separate} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
      endforeach()
    endif()
    if(ARG_COLD)
      target_compile_options(ridge_${name} PRIVATE $<$<CONFIG:Release>:-O1>)
    endif()
  else()
    add_library(ridge_${name} INTERFACE)
    target_link_libraries(ridge_${name} INTERFACE ridge_options ${ARG_LINK})
  endif()
  if(tests AND RIDGE_TESTS)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ridge_${name} ${ARG_TEST_LINK} ridge_test_main)
    target_precompile_headers(${name}_test REUSE_FROM ridge_test_main)
    add_test(NAME ${name} COMMAND ${name}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  endif()
  if(fuzzers AND RIDGE_FUZZ)
    foreach(source ${fuzzers})
      get_filename_component(fuzzer ${source} NAME_WE)
      add_executable(${fuzzer} ${source})
      target_link_libraries(${fuzzer} PRIVATE ridge_${name})
      target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
      set_target_properties(${fuzzer} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzzers)
      add_dependencies(fuzzers ${fuzzer})
    endforeach()
  endif()
endfunction()
