# durasim::durasim, the umbrella: every module but those that a program must ask for by name, because they bring
# OpenCASCADE (cad), libpq (postgresql), libcurl with all that it links (s3) or a GPL-licensed libavcodec (video) into its process.
add_library(durasim INTERFACE)
add_library(durasim::durasim ALIAS durasim)

# public_headers compiles each public header by itself, by which it is seen to include what it needs: of durasim that is, since
# the C++ library's headers are precompiled, a third of the time; that those are included, too, is a rule of tools/check-includes.
set(DURASIM_VERIFY_HEADERS ${PROJECT_IS_TOP_LEVEL})
if(DURASIM_VERIFY_HEADERS)
  add_custom_target(public_headers)
  set(standard algorithm array atomic chrono cmath compare concepts condition_variable coroutine cstddef cstdint deque exception
    functional initializer_list limits list map memory mutex new optional random set source_location span stdexcept stop_token
    string string_view tuple type_traits utility variant vector)
  file(CONFIGURE OUTPUT standard_headers.cpp CONTENT "")
  add_library(durasim_standard_headers OBJECT EXCLUDE_FROM_ALL "${CMAKE_CURRENT_BINARY_DIR}/standard_headers.cpp")
  list(TRANSFORM standard REPLACE "(.+)" "<\\1>")
  target_precompile_headers(durasim_standard_headers PRIVATE ${standard})
  target_compile_options(durasim_standard_headers PRIVATE -O0)
  target_link_libraries(durasim_standard_headers PRIVATE durasim_flags)
endif()
function(durasim_verify_headers target)
  set(sources)
  foreach(header IN LISTS ARGN)
    set(source "${CMAKE_CURRENT_BINARY_DIR}/public_headers/${header}.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT "#include <durasim/${header}>\n")
    list(APPEND sources "${source}")
  endforeach()
  add_library(${target}_headers OBJECT EXCLUDE_FROM_ALL ${sources})
  target_precompile_headers(${target}_headers REUSE_FROM durasim_standard_headers)
  target_compile_options(${target}_headers PRIVATE -O0)
  target_link_libraries(${target}_headers PRIVATE durasim_flags ${target})
  add_dependencies(public_headers ${target}_headers)
endfunction()

# durasim_module(NAME SOURCES ... HEADERS ... LINK ... PRIVATE ...): one module = one library, target
# durasim::NAME, headers below include/durasim/.
function(durasim_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;LINK;PRIVATE" ${ARGN})
  set(target durasim_${name})
  add_library(${target} ${ARG_SOURCES})
  add_library(durasim::${name} ALIAS ${target})
  if(DURASIM_VERIFY_HEADERS)
    durasim_verify_headers(${target} ${ARG_HEADERS})
  endif()
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
    INSTALL_RPATH "$ORIGIN")
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${DURASIM_UNITY})
  if(NOT name MATCHES "^(cad|postgresql|s3|video)$")
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
