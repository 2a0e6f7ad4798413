//! See `checks::json_reader`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::json_reader::run(data));
