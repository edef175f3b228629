# Configures, builds and tests the consumer in SOURCE, in folder BUILD; OPTIONS goes to cmake. Not `ctest --build-and-test`:
# that clears the locale, which ccache takes into its keys.
separate_arguments(OPTIONS UNIX_COMMAND "${OPTIONS}")
foreach(command IN ITEMS
    "${CMAKE_COMMAND};-S;${SOURCE};-B;${BUILD};-G;${GENERATOR};${OPTIONS}"
    "${CMAKE_COMMAND};--build;${BUILD};--target;consumer"
    "${CMAKE_CTEST_COMMAND};--test-dir;${BUILD};--output-on-failure;--no-tests=error")
  execute_process(COMMAND ${command} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
