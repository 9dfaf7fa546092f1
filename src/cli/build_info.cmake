# Writes OUT (build_info.cpp) for the commit of the checkout SOURCE, and only if it has changed.
set(commit unknown)
set(number 0)
find_program(git git)
if(git)
  execute_process(COMMAND ${git} -C ${SOURCE} describe --always --dirty --exclude=* --abbrev=9
    OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(commit ${found})
    execute_process(COMMAND ${git} -C ${SOURCE} rev-list --count HEAD
      OUTPUT_VARIABLE number OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()
set(text "#include \"cli/build_info.h\"

namespace ridge::cli {

const char* build_commit() {
  return \"${commit}\";
}
int build_number() {
  return ${number};
}

}  // namespace ridge::cli
")
set(before "")
if(EXISTS ${OUT})
  file(READ ${OUT} before)
endif()
if(NOT before STREQUAL text)
  file(WRITE ${OUT} "${text}")
endif()
