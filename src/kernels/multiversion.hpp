#pragma once

/// Compiles a kernel for AVX-512, for AVX2 and for any CPU; the loader picks. Not under a sanitizer, whose
/// instrumentation would run in the picking function before its runtime is ready.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define MOVREC_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MOVREC_MULTIVERSION
#endif
