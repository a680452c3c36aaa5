# Writes a ctest entry for each test of a GoogleTest binary, or for each suite: one that crashes hides no other.
#   cmake -D BINARY=… -D OUT=… -D TIER=… -D BY=test|suite -P list_tests.cmake
# Each test for itself where a process starts in no time; by suites where it loads LibTorch first (half a second).
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${BINARY} --gtest_list_tests OUTPUT_VARIABLE listed RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${BINARY} cannot list its tests: ${result}\n${listed}")
endif()
string(REGEX REPLACE " *#[^\n]*" "" listed "${listed}")  # what the parameters of a test are
string(REPLACE "\n" ";" lines "${listed}")

set(filters)  # `Suite.` stands in a line of its own, `  Name` of each test below it
foreach(line ${lines})
  if(line MATCHES "^[^ ]+\\.$")
    set(suite ${line})
    if(BY STREQUAL "suite")
      list(APPEND filters "${suite}*")
    endif()
  elseif(line MATCHES "^  [^ ]+$" AND BY STREQUAL "test")
    string(STRIP ${line} name)
    list(APPEND filters ${suite}${name})
  endif()
endforeach()
list(FILTER filters EXCLUDE REGEX "DISABLED_")

if(TIER STREQUAL "real")
  set(skip "SKIP_REGULAR_EXPRESSION [=[MOVREC_TEST_DATA is not set]=]")
endif()
# Spinning OpenMP threads would slow each other down where tests share cores; and tests get the kernels of OpenBLAS that
# src/cli/launcher.cpp chooses for the program.
set(environment OMP_WAIT_POLICY=passive)
if(EXISTS /proc/cpuinfo)
  file(READ /proc/cpuinfo cpu LIMIT 8192)
  if(cpu MATCHES "avx512f" AND cpu MATCHES "avx512bw" AND cpu MATCHES "avx512cd" AND cpu MATCHES "avx512dq" AND
     cpu MATCHES "avx512vl")
    list(APPEND environment OPENBLAS_CORETYPE=SkylakeX)
  endif()
endif()
set(entries "")
foreach(filter ${filters})
  string(REPLACE ".*" "" name ${filter})
  string(APPEND entries
         "add_test([=[${TIER}.${name}]=] [=[${BINARY}]=] [=[--gtest_filter=${filter}]=])\n"
         "set_tests_properties([=[${TIER}.${name}]=] PROPERTIES LABELS ${TIER} TIMEOUT 1500"
         " ENVIRONMENT [=[${environment}]=] ${skip})\n")
endforeach()
file(WRITE ${OUT} "${entries}")
