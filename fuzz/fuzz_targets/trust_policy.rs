//! See `checks::trust_policy`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::trust_policy::run(data));
