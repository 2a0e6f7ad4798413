//! See `checks::validate_structured`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::validate_structured::run(data));
