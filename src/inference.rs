//! The built-in neural model: which models there are, where their files are, and the engine that runs one.
//!
//! One engine process serves all windows of a user. It speaks a part of llama.cpp's HTTP API over a Unix socket
//! (a named pipe on Windows), so that it is a provider like any other. This module contains the process; the
//! supervisor of `provider::local` starts and stops it.

pub mod catalog;
pub mod files;
#[cfg(feature = "local-model")]
mod generator;
#[cfg(feature = "local-model")]
pub mod inspect;
#[cfg(feature = "local-model")]
pub mod service;

/// Whether this build contains the engine.
pub const IS_BUILT_IN: bool = cfg!(feature = "local-model");

/// Whether this build's engine uses a GPU if there is one.
pub const USES_GPU: bool = cfg!(any(
    feature = "cuda",
    feature = "vulkan",
    all(target_os = "macos", target_arch = "aarch64")
));

/// Argument of `model serve` that forbids the GPU.
pub const NO_GPU: &str = "--no-gpu";

/// Where a model runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// The GPU if there is one, else the processor.
    Gpu,
    Processor,
}

/// Whether this machine can run the engine. On x86-64 it is compiled for processors of 2013 and later.
pub fn is_supported() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c")
        && is_x86_feature_detected!("bmi2");
    #[cfg(not(target_arch = "x86_64"))]
    true
}

/// Why it cannot.
pub const UNSUPPORTED: &str =
    "the engine of the built-in neural model needs a processor with AVX2, FMA, F16C and BMI2";

/// What to do if it does not.
pub const HOW_TO_GET: &str = "this build has no engine for a built-in neural model: use a release archive, or \
    install with `cargo install understudy-ls --features local-model` (needs CMake, a C++ compiler and libclang)";
