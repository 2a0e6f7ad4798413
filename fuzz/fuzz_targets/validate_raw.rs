//! See `checks::validate_raw`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::validate_raw::run(data));
