//! Trust policies: the check is with the tests of `trust/`; those replay the saved corpus.
#![no_main]

#[path = "../../trust/tests/trust/fuzz_check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::run(data));
