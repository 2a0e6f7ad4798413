//! See `checks::settings`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::settings::run(data));
