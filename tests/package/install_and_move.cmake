# Installs BUILD below STAGE and moves the tree, so that an absolute path in it would not be found again.
file(REMOVE_RECURSE "${STAGE}")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${STAGE}/first"
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(RENAME "${STAGE}/first" "${STAGE}/moved")

# CMake and pkg-config files must not name this machine's folders.
file(GLOB_RECURSE texts "${STAGE}/moved/*.cmake" "${STAGE}/moved/*.pc")
foreach(file IN LISTS texts)
  file(READ "${file}" text)
  foreach(path IN ITEMS "${STAGE}" "${BUILD}")
    string(FIND "${text}" "${path}" at)
    if(NOT at EQUAL -1)
      message(FATAL_ERROR "${file} holds the absolute path ${path}")
    endif()
  endforeach()
endforeach()
