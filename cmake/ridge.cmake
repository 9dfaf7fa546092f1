# Build rules shared by every folder: one static library a folder, one test binary beside it.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(RIDGE_WERROR "treat warnings as errors" ON)
option(RIDGE_FUZZ "build the libFuzzer targets (clang only)" OFF)
set(RIDGE_SANITIZE "" CACHE STRING "value of -fsanitize=, empty for none")

find_program(RIDGE_CCACHE ccache)
if(RIDGE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${RIDGE_CCACHE})
endif()

find_package(Threads REQUIRED)
find_package(GTest REQUIRED)

add_library(ridge_options INTERFACE)
target_compile_options(ridge_options INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
  -Wno-missing-field-initializers  # designated initialisers name what they set
  -Wno-maybe-uninitialized)        # g++ 12 sees ghosts in std::string and std::variant
if(RIDGE_WERROR)
  target_compile_options(ridge_options INTERFACE -Werror)
endif()
if(RIDGE_SANITIZE)
  target_compile_options(ridge_options INTERFACE -fsanitize=${RIDGE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(ridge_options INTERFACE -fsanitize=${RIDGE_SANITIZE})
endif()
target_include_directories(ridge_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_link_libraries(ridge_options INTERFACE Threads::Threads)

# gtest.h costs 2-3.5 s a file with g++ 12 and 1.3 s precompiled.
add_library(ridge_test_main STATIC ${CMAKE_SOURCE_DIR}/tests/support/main.cpp)
target_link_libraries(ridge_test_main PUBLIC ridge_options GTest::gtest)
target_precompile_headers(ridge_test_main PUBLIC <gtest/gtest.h>)

# ridge_library(base [LINK lib ...]): every .cpp below this folder but *_test.cpp, as ridge_base;
# *_test.cpp together become the binary and the CTest entry base_test.
function(ridge_library name)
  cmake_parse_arguments(ARG "" "" "LINK;TEST_LINK;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  foreach(pattern ${ARG_EXCLUDE})
    list(FILTER sources EXCLUDE REGEX ${pattern})
  endforeach()
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  if(sources)
    add_library(ridge_${name} STATIC ${sources})
    target_link_libraries(ridge_${name} PUBLIC ridge_options ${ARG_LINK})
  else()
    add_library(ridge_${name} INTERFACE)
    target_link_libraries(ridge_${name} INTERFACE ridge_options ${ARG_LINK})
  endif()
  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ridge_${name} ${ARG_TEST_LINK} ridge_test_main)
    target_precompile_headers(${name}_test REUSE_FROM ridge_test_main)
    add_test(NAME ${name} COMMAND ${name}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  endif()
endfunction()
