# Install rules: libraries, headers, programs, and the files by which find_package and pkg-config find them.
# The installed tree can be moved as a whole: nothing in it holds an absolute path. Shared builds only, since a
# static library would hand its private dependencies on to every consumer.
if(NOT BUILD_SHARED_LIBS)
  message(STATUS "Static build: no install rules (use add_subdirectory, or BUILD_SHARED_LIBS=ON)")
  return()
endif()

get_property(modules GLOBAL PROPERTY DURASIM_MODULES)
list(TRANSFORM modules PREPEND durasim_ OUTPUT_VARIABLE module_targets)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/durasim")

install(TARGETS ${module_targets} durasim EXPORT durasimTargets
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT durasimTargets NAMESPACE durasim:: DESTINATION "${package_dir}")

# durasim_install_program(TARGET NAME FOLDER): a program that finds the libraries relative to itself.
function(durasim_install_program target folder)
  if(TARGET ${target})
    file(RELATIVE_PATH to_libraries "/${folder}" "/${CMAKE_INSTALL_LIBDIR}")
    set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN/${to_libraries}")
    install(TARGETS ${target} RUNTIME DESTINATION "${folder}")
  endif()
endfunction()
durasim_install_program(durasim_cli "${CMAKE_INSTALL_BINDIR}")
durasim_install_program(durasim_geometry_helper "${CMAKE_INSTALL_LIBEXECDIR}/durasim")
durasim_install_program(durasim_supervisor "${CMAKE_INSTALL_LIBEXECDIR}/durasim")

install(FILES LICENSE docs/licences.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# A MuJoCo from the wheel belongs to nobody's package, so it travels with the libraries that need it.
if(TARGET durasim_mujoco)
  get_target_property(mujoco_type durasim_mujoco TYPE)
  if(mujoco_type STREQUAL "SHARED_LIBRARY")
    install(FILES "${DURASIM_MUJOCO_LIBRARY}" DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    cmake_path(GET DURASIM_MUJOCO_LIBRARY PARENT_PATH mujoco_root)
    file(GLOB mujoco_licences "${mujoco_root}/../mujoco_core-*.dist-info/licenses/*")
    install(FILES ${mujoco_licences} DESTINATION "${CMAKE_INSTALL_DOCDIR}/mujoco")
  endif()
endif()

configure_package_config_file(cmake/durasimConfig.cmake.in "${PROJECT_BINARY_DIR}/package/durasimConfig.cmake"
  INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/durasimConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/package/durasimConfig.cmake"
  "${PROJECT_BINARY_DIR}/package/durasimConfigVersion.cmake" DESTINATION "${package_dir}")

# One pkg-config file per module, with the modules that it links publicly as its requirements.
file(RELATIVE_PATH pc_to_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
foreach(module IN LISTS modules)
  get_target_property(links durasim_${module} INTERFACE_LINK_LIBRARIES)
  set(pc_requires "")
  set(pc_libraries "-ldurasim_${module}")
  foreach(link IN LISTS links)
    if(link MATCHES "^durasim(_|::)([a-z]+)$")
      list(APPEND pc_requires "durasim-${CMAKE_MATCH_2}")
    elseif(link STREQUAL "Threads::Threads")
      string(APPEND pc_libraries " -pthread")
    endif()
  endforeach()
  list(JOIN pc_requires ", " pc_requires)
  configure_file(cmake/durasim.pc.in "${PROJECT_BINARY_DIR}/package/durasim-${module}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/package/durasim-${module}.pc"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endforeach()
