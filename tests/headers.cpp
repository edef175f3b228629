// What the precompiled headers of tests under sanitizers belong to; has no tests of its own.
