#!/usr/bin/env bash
# Builds a consumer with nothing but the compiler and pkg-config, and runs it.
# usage: build_and_run.sh COMPILER LIBRARY_FOLDER MODULE SOURCE OUTPUT
set -euo pipefail
compiler=$1 libraries=$2 module=$3 source=$4 output=$5
export PKG_CONFIG_PATH="$libraries/pkgconfig"
version=$(pkg-config --modversion "durasim-$module")
read -ra flags <<<"$(pkg-config --cflags --libs "durasim-$module")"
"$compiler" -std=c++20 "$source" -o "$output" "${flags[@]}" "-Wl,-rpath,$libraries"
echo "durasim-$module $version: $(pkg-config --libs "durasim-$module")"
"$output"
