# Writes build_info.cpp with the git revision; leaves the file alone when nothing changed.
execute_process(COMMAND git describe --always --dirty WORKING_DIRECTORY ${SOURCE}
                OUTPUT_VARIABLE REVISION OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT REVISION)
  set(REVISION unknown)
endif()
configure_file(${IN} ${OUT} @ONLY)
