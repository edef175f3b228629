// Stops compilers that miscompile coroutines, with a sentence (docs/adr/0001): the wrong code that
// they make from `if (co_await x)` shows itself as a crash of somebody's workflow much later.
#pragma once

#if defined(__clang__)
#if __clang_major__ < 16
#error "durasim workflows need clang >= 16 or g++ >= 14; this is an older clang."
#endif
#elif defined(__GNUC__) && __GNUC__ < 14
#error "durasim workflows need clang >= 16 or g++ >= 14: older g++ miscompiles `if (co_await x)`."
#endif
