//! See `checks::glob`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::glob::run(data));
