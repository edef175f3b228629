# The compilers that build durasim, its warnings and its sanitizers. g++ before 14 miscompiles ordinary
# coroutines (docs/adr/0001); clang before 16 lacks std::source_location with libstdc++ 12.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  message(FATAL_ERROR "durasim needs clang >= 16 or g++ >= 14; this is g++ ${CMAKE_CXX_COMPILER_VERSION}. "
    "On Debian 12: cmake --preset release (it takes clang++-19), or CXX=clang++-19 cmake ...")
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 16)
  message(FATAL_ERROR "durasim needs clang >= 16 or g++ >= 14; this is clang ${CMAKE_CXX_COMPILER_VERSION}.")
endif()

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
  endif()
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  find_program(DURASIM_CCACHE ccache)
  if(DURASIM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${DURASIM_CCACHE}")
  endif()
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # Asked of the compiler, not of the search path: each version of clang finds only its own lld.
    include(CheckLinkerFlag)
    check_linker_flag(CXX -fuse-ld=lld DURASIM_HAVE_LLD)
    if(DURASIM_HAVE_LLD)
      add_link_options(-fuse-ld=lld)
    endif()
  endif()
endif()

# Flags of everything built here; consumers inherit none of them.
add_library(durasim_flags INTERFACE)
target_compile_features(durasim_flags INTERFACE cxx_std_20)
target_compile_options(durasim_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor -Wno-missing-field-initializers
  $<$<BOOL:${DURASIM_WERROR}>:-Werror>
  -ffp-contract=off)  # the same bits on every machine: no compiler-chosen fused multiply-add
if(DURASIM_SANITIZE)
  target_compile_options(durasim_flags INTERFACE -fsanitize=${DURASIM_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    target_compile_options(durasim_flags INTERFACE
      "-fsanitize-ignorelist=${CMAKE_CURRENT_LIST_DIR}/sanitizer-ignorelist.txt"
      $<$<BOOL:$<TARGET_PROPERTY:DURASIM_NO_VPTR_CHECK>>:-fno-sanitize=vptr>)
  endif()
  target_link_options(durasim_flags INTERFACE -fsanitize=${DURASIM_SANITIZE})
endif()
