# Where the BLAS library comes from that is shipped beside libthimble. It is opened at run time and never
# linked, so the build only copies it.
#   OPENBLAS_ROOT  a folder with the libraries of one platform's org.bytedeco:openblas jar; without it,
#                  the system's own library is found and tests use that one.
set(OPENBLAS_ROOT "" CACHE PATH "Folder that holds the OpenBLAS libraries to ship")

set(thimble_blas_names libopenblas.so.0 libopenblas.0.dylib libopenblas.dll libopenblas_nolapack.dll)
set(THIMBLE_BLAS "")
if(OPENBLAS_ROOT)
  foreach(name IN LISTS thimble_blas_names)
    if(EXISTS ${OPENBLAS_ROOT}/${name})
      set(THIMBLE_BLAS ${OPENBLAS_ROOT}/${name})
      break()
    endif()
  endforeach()
  if(NOT THIMBLE_BLAS)
    message(FATAL_ERROR "OPENBLAS_ROOT=${OPENBLAS_ROOT} holds none of: ${thimble_blas_names}")
  endif()
else()
  find_library(THIMBLE_SYSTEM_BLAS NAMES openblas blas)
  if(THIMBLE_SYSTEM_BLAS)
    set(THIMBLE_BLAS ${THIMBLE_SYSTEM_BLAS})
  else()
    message(FATAL_ERROR "No OpenBLAS: give -DOPENBLAS_ROOT=FOLDER, or install one (libopenblas-dev)")
  endif()
endif()

# The library and what it needs and the system may lack, into the folder of libthimble.
function(thimble_install_openblas)
  if(OPENBLAS_ROOT)
    file(GLOB companions ${OPENBLAS_ROOT}/libgfortran* ${OPENBLAS_ROOT}/libquadmath*
      ${OPENBLAS_ROOT}/libgcc_s* ${OPENBLAS_ROOT}/libwinpthread*)
    install(FILES ${THIMBLE_BLAS} ${companions} DESTINATION .)
  endif()
endfunction()

# What the folder holds, as lines of "sha256 bytes name": by it Java unpacks the jar's natives.
function(thimble_install_index)
  install(CODE [[
    set(index "")
    file(GLOB files ${CMAKE_INSTALL_PREFIX}/*)
    list(SORT files)
    foreach(file IN LISTS files)
      get_filename_component(name ${file} NAME)
      if(NOT name STREQUAL "index.txt")
        file(SHA256 ${file} digest)
        file(SIZE ${file} bytes)
        string(APPEND index "${digest} ${bytes} ${name}\n")
      endif()
    endforeach()
    file(WRITE ${CMAKE_INSTALL_PREFIX}/index.txt "${index}")]])
endfunction()
