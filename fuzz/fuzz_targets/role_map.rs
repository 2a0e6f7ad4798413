//! See `checks::role_map`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::role_map::run(data));
