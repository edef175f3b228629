// Version, symbol visibility, and the version namespace of durasim.
#pragma once

#define DURASIM_VERSION_MAJOR 0
#define DURASIM_VERSION_MINOR 1
#define DURASIM_VERSION_PATCH 0
#define DURASIM_VERSION_STRING "0.1.0"

// Everything a program links by name carries this; the libraries are built with
// -fvisibility=hidden.
#define DURASIM_EXPORT [[gnu::visibility("default")]]
// The same on an explicit instantiation, where the standard form may not stand.
#define DURASIM_EXPORT_TEMPLATE __attribute__((visibility("default")))
