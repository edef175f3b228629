# Chooses the compiler for the presets: the user's CXX if set, else the newest clang >= 16, else g++ >= 14.
# Debian 12's default g++ 12 cannot build durasim, so leaving the choice to CMake would fail there.
if(NOT DEFINED ENV{CXX} AND NOT CMAKE_CXX_COMPILER)
  find_program(DURASIM_CXX NAMES clang++-22 clang++-21 clang++-20 clang++-19 clang++-18 clang++-17 clang++-16
    g++-16 g++-15 g++-14 clang++ g++)
  if(DURASIM_CXX)
    set(CMAKE_CXX_COMPILER "${DURASIM_CXX}")
  endif()
endif()
