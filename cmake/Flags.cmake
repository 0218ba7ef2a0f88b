# Compiler flags of everything in libthimble.

# Results do not depend on the optimiser: no contraction except where fma is written, no -ffast-math.
function(thimble_flags target)
  if(MSVC)  # clang-cl
    target_compile_options(${target} PRIVATE /W4 /O2 /EHsc -Wno-unused-command-line-argument
      -Wno-missing-field-initializers
      /clang:-fno-math-errno /clang:-fno-trapping-math /clang:-ffp-contract=off)
    if(THIMBLE_WERROR)
      target_compile_options(${target} PRIVATE /WX)
    endif()
    return()
  endif()
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion $<$<CONFIG:Release>:-O3>
    -fno-math-errno -fno-trapping-math -ffp-contract=off
    # GCC would merge the rows of a fold into a loop that it cannot vectorise: 15 times as slow.
    $<$<CXX_COMPILER_ID:GNU>:-fno-loop-unroll-and-jam>
    # The same bytes wherever the sources lie.
    -ffile-prefix-map=${CMAKE_SOURCE_DIR}=native)
  if(THIMBLE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(THIMBLE_SANITIZE)
    # Loops that are vectorised and checked as well take longer to compile than to run.
    target_compile_options(${target} PRIVATE
      -fsanitize=${THIMBLE_SANITIZE} -fno-omit-frame-pointer -g -O1)
  endif()
endfunction()

# The shared library brings its C++ runtime along, and exports only what thimble.h names.
function(thimble_self_contained target)
  if(THIMBLE_SANITIZE)
    target_link_options(${target} PRIVATE -fsanitize=${THIMBLE_SANITIZE})
  elseif(UNIX AND NOT APPLE)
    target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc
      -Wl,--exclude-libs,ALL -Wl,--no-undefined $<$<CONFIG:Release>:-s>)
  endif()
endfunction()
