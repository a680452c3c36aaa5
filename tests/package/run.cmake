# Installs a build, builds the program of this folder against what was installed, and runs it.
#   cmake -D BUILD=… -D SCRATCH=… -D LAUNCHER=… -P run.cmake
file(REMOVE_RECURSE ${SCRATCH})
foreach(command
    "${CMAKE_COMMAND};--install;${BUILD};--prefix;${SCRATCH}/prefix"
    "${CMAKE_COMMAND};-G;Ninja;-S;${CMAKE_CURRENT_LIST_DIR};-B;${SCRATCH}/build;-DCMAKE_PREFIX_PATH=${SCRATCH}/prefix;-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER};-DCMAKE_BUILD_TYPE=Release"
    "${CMAKE_COMMAND};--build;${SCRATCH}/build"
    "${SCRATCH}/build/user;${SCRATCH}/runs")
  execute_process(COMMAND ${command} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${command}\nended with ${code}:\n${out}")
  endif()
endforeach()
message(STATUS "${out}")
