# durasim::durasim, the umbrella: every module but those that a program must ask for by name, because they bring
# OpenCASCADE (cad) or a GPL-licensed libavcodec (video) into its process.
add_library(durasim INTERFACE)
add_library(durasim::durasim ALIAS durasim)

# durasim_module(NAME SOURCES ... HEADERS ... LINK ... PRIVATE ...): one module = one library, target
# durasim::NAME, headers below include/durasim/ verified to be self-contained.
function(durasim_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;LINK;PRIVATE" ${ARGN})
  set(target durasim_${name})
  add_library(${target} ${ARG_SOURCES})
  add_library(durasim::${name} ALIAS ${target})
  list(TRANSFORM ARG_HEADERS PREPEND "${PROJECT_SOURCE_DIR}/include/durasim/")
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES ${ARG_HEADERS})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_link_libraries(${target} PUBLIC ${ARG_LINK} PRIVATE $<BUILD_INTERFACE:durasim_flags> ${ARG_PRIVATE})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name} OUTPUT_NAME durasim_${name}
    VERSION ${PROJECT_VERSION} SOVERSION 0
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON
    INSTALL_RPATH "$ORIGIN"
    VERIFY_INTERFACE_HEADER_SETS ${PROJECT_IS_TOP_LEVEL})
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${DURASIM_UNITY})
  if(NOT name MATCHES "^(cad|video)$")
    target_link_libraries(durasim INTERFACE ${target})
  endif()
  set_property(GLOBAL APPEND PROPERTY DURASIM_MODULES ${name})
endfunction()

# durasim_program(TARGET ...): an executable that is built with the project's flags and finds its libraries.
function(durasim_program target)
  cmake_parse_arguments(ARG "" "" "SOURCES;PRIVATE" ${ARGN})
  add_executable(${target} ${ARG_SOURCES})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:durasim_flags> ${ARG_PRIVATE})
endfunction()
