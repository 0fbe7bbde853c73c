# A folder of src/ is one static library that links only what it may include: the include rule of
# ARCHITECTURE.md. Linking enforces it for functions, tools/check_includes for headers, since all of
# src/ is on the include path.
#
#   pgcontract_folder(NAME [USES folder...] [LIBS target...] [EMBED pattern...])
#
# EMBED turns text files (SQL, manual pages, examples) into constants: see cmake/embed.cmake.
function(pgcontract_folder name)
  cmake_parse_arguments(ARG "" "" "USES;LIBS;EMBED" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  if(ARG_EMBED)
    set(patterns)
    foreach(pattern ${ARG_EMBED})
      list(APPEND patterns ${CMAKE_CURRENT_SOURCE_DIR}/${name}/${pattern})
    endforeach()
    file(GLOB_RECURSE texts CONFIGURE_DEPENDS ${patterns})
    list(SORT texts)
    set(embedded ${CMAKE_CURRENT_BINARY_DIR}/${name}_texts.cpp)
    string(REPLACE ";" "|" joined "${texts}")
    add_custom_command(
      OUTPUT ${embedded}
      COMMAND ${CMAKE_COMMAND} -DOUT=${embedded} -DFOLDER=${name} -DROOT=${CMAKE_CURRENT_SOURCE_DIR}/${name}
              "-DFILES=${joined}" -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
      DEPENDS ${texts} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
      VERBATIM)
    list(APPEND sources ${embedded})
  endif()
  if(NOT sources)  # a folder of headers only
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/${name}_empty.cpp)
    file(WRITE ${sources} "")
  endif()
  add_library(pgcontract_${name} STATIC ${sources})
  target_include_directories(pgcontract_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  foreach(used ${ARG_USES})
    target_link_libraries(pgcontract_${name} PUBLIC pgcontract_${used})
  endforeach()
  target_link_libraries(pgcontract_${name} PUBLIC fmt::fmt Threads::Threads PRIVATE ${ARG_LIBS})
  target_precompile_headers(pgcontract_${name} REUSE_FROM pgcontract_precompiled)
endfunction()

# The standard headers and fmt, parsed once for the whole tree: they are two thirds of what a file costs to compile. Every
# file still includes what it uses, and compiles without it (-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON).
file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cpp "")
add_library(pgcontract_precompiled STATIC ${CMAKE_BINARY_DIR}/precompiled.cpp)
target_link_libraries(pgcontract_precompiled PUBLIC fmt::fmt Threads::Threads)
target_precompile_headers(pgcontract_precompiled PRIVATE
  <algorithm> <chrono> <functional> <map> <memory> <optional> <string> <string_view> <unordered_map> <vector>
  <fmt/format.h> <tl/expected.hpp>)
