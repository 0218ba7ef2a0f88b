# What the library shows and what it calls, by nm (run by CTest):
#   cmake -DNM=nm -DLIBRARY=libthimble.so -DOBJECTS=a.o,b.o -P symbols.cmake
function(symbols result)
  execute_process(COMMAND ${NM} ${ARGN} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]+" lines "${text}")
  if(NOT lines)
    message(FATAL_ERROR "no symbols: nm ${ARGN}")
  endif()
  set(${result} "${lines}" PARENT_SCOPE)
endfunction()

# Nothing but the header's functions is exported, and each of them is.
file(STRINGS ${HEADER} declared REGEX "^TH_API")
list(TRANSFORM declared REPLACE ".*[ *](th_[a-z_]+)\\(.*" "\\1")
symbols(lines -D --defined-only ${LIBRARY})
set(exported ${lines})
list(TRANSFORM exported REPLACE "^[^ ]* *[A-Za-z] ([^@ ]+).*" "\\1")
list(SORT declared)
list(SORT exported)
if(NOT declared STREQUAL exported)
  message(SEND_ERROR "exported: ${exported}\ndeclared: ${declared}")
endif()

string(REPLACE "," ";" OBJECTS "${OBJECTS}")
foreach(object IN LISTS OBJECTS)
  symbols(lines ${object})
  foreach(line IN LISTS lines)
    # Nothing of ours ends the process.
    if(line MATCHES " U (_?_?(abort|exit|_exit|_Exit|quick_exit|__assert[a-z_]*|assert[a-z_]*|raise|kill)|_ZSt21__glibcxx_assert_fail.*)(@.*)?$")
      message(SEND_ERROR "${object} calls ${CMAKE_MATCH_1}")
    endif()
    # Code for one instruction set stays in its namespace: the linker would take any one copy of an
    # inline function for all, perhaps one that this processor cannot run.
    if(object MATCHES "thimble_([a-z0-9]+)\\.dir" AND NOT CMAKE_MATCH_1 STREQUAL "objects")
      if(line MATCHES " [TDBRWVuG] (.*)$" AND NOT CMAKE_MATCH_1 MATCHES "^_ZN2th[0-9]+[a-z0-9]+[0-9]+fill_|^DW.ref")
        message(SEND_ERROR "${object} shares ${CMAKE_MATCH_1}")
      endif()
    endif()
  endforeach()
endforeach()
list(LENGTH exported count)
list(LENGTH OBJECTS objects)
message(STATUS "${count} functions exported, ${objects} objects looked through")
