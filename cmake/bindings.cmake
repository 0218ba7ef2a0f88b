# Regenerates java/thimble/runtime/ffi/gen from native/include/thimble.h with the jextract on the PATH and
# shows what changed:  cmake -P cmake/bindings.cmake  (or ./thimble bindings)
#
# jextract's output is committed untouched but for the patches below, which are needed for Java 22 and
# for a library that is opened by path. header.sha256 beside it says which header it was made from.
cmake_minimum_required(VERSION 3.22)
get_filename_component(root ${CMAKE_CURRENT_LIST_DIR}/.. ABSOLUTE)
set(header native/include/thimble.h)
set(target ${root}/java/thimble/runtime/ffi/gen)
set(fresh ${root}/target/bindings)

find_program(JEXTRACT jextract)
if(NOT JEXTRACT)
  message(FATAL_ERROR "jextract is not on the PATH; builds of it are at https://jdk.java.net/jextract/")
endif()

# Only what our header declares itself.
file(STRINGS ${root}/${header} lines REGEX "TH_API|#define TH_[A-Z0-9_]+ [0-9]")
set(includes --include-struct th_error --include-struct th_memory_stats
  --include-typedef th_error --include-typedef th_memory_stats)
foreach(line IN LISTS lines)
  if(line MATCHES "#define (TH_[A-Z0-9_]+) [0-9]")
    list(APPEND includes --include-constant ${CMAKE_MATCH_1})
  elseif(line MATCHES "TH_API[a-z0-9_ *]*[ *](th_[a-z_]+)\\(")
    list(APPEND includes --include-function ${CMAKE_MATCH_1})
  endif()
endforeach()

file(REMOVE_RECURSE ${fresh})
execute_process(
  COMMAND ${JEXTRACT} --output ${fresh} --target-package thimble.runtime.ffi.gen
    --header-class-name ThimbleH ${includes} ${header}
  WORKING_DIRECTORY ${root} COMMAND_ERROR_IS_FATAL ANY)

set(generated ${fresh}/thimble/runtime/ffi/gen)
file(GLOB sources ${generated}/*.java)
foreach(source IN LISTS sources)
  file(READ ${source} text)
  # JDK 23's name for it.
  string(REGEX REPLACE "SYMBOL_LOOKUP\\.findOrThrow\\((\"[a-z_]+\")\\)"
    "SYMBOL_LOOKUP.find(\\1).orElseThrow()" text "${text}")
  # Our library is opened by its path, not by System.load, which fails in a second class loader.
  string(REGEX REPLACE "SymbolLookup SYMBOL_LOOKUP = [^;]*;"
    "SymbolLookup SYMBOL_LOOKUP = thimble.runtime.ffi.Library.lookup();" text "${text}")
  # C's long differs on Windows; the header does not use it.
  string(REGEX REPLACE "[^\n]* C_LONG = [^\n]*\n" "" text "${text}")
  if(text MATCHES "findOrThrow|loaderLookup|C_LONG[^_]")
    message(FATAL_ERROR "${source}: a patch did not apply; this jextract prints something new")
  endif()
  file(WRITE ${source} "${text}")
endforeach()
file(SHA256 ${root}/${header} digest)
file(WRITE ${generated}/header.sha256 "${digest}\n")

set(changed TRUE)
find_program(GIT git)
if(GIT AND EXISTS ${target})
  file(RELATIVE_PATH old ${root} ${target})
  file(RELATIVE_PATH new ${root} ${generated})
  execute_process(COMMAND ${GIT} --no-pager diff --no-index --stat --patch ${old} ${new}
    WORKING_DIRECTORY ${root} RESULT_VARIABLE changed)
endif()
file(REMOVE_RECURSE ${target})
file(COPY ${generated}/ DESTINATION ${target})
if(changed)
  message(STATUS "bindings changed, see above; commit them with the header")
else()
  message(STATUS "bindings are up to date")
endif()
