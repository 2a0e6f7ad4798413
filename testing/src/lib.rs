//! Code that the tests of the policy share.
//!
//! Each module uses only modules before it in this list, which a test verifies (`tests/repository/module_order.rs`):
//!
//! 1. [`notice`](mod@notice): tests that are skipped
//! 2. [`each`]: checks many files and reports all failures
//! 3. [`snapshot`](mod@snapshot): compares with files, or writes them
//! 4. [`additions`]: what was added to an object, byte for byte
//! 5. [`answer`]: checks what must be true for every answer; the fuzz targets use it and `additions`, too
//! 6. [`property`]: the configuration of tests with generated input
//! 7. [`json_text`]: JSON in many forms of the same value
//! 8. [`pools`]: the values of generated objects and settings
//! 9. [`identity_model`]: a pod about which nothing is reported has the identity
//! 10. [`library`]: evaluates a payload with the core
//! 11. [`host`]: hosts that answer or fail in one way; the cluster in memory is in `kubernetes/`
//! 12. [`request`]: builds admission requests and payloads
//! 13. [`settings`]: reads the valid and invalid settings
//! 14. [`case`]: reads the files in `cases/` and checks answers against them
//!
//! There is no engine here, so that the tests of the core and `make mutants` compile in seconds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::missing_panics_doc,
    reason = "a helper of tests fails by a panic"
)]

pub mod additions;
pub mod answer;
pub mod case;
pub mod each;
pub mod host;
pub mod identity_model;
pub mod json_text;
pub mod library;
pub mod notice;
pub mod pools;
pub mod property;
pub mod request;
pub mod settings;
pub mod snapshot;

pub use case::Case;
pub use library::{Answer, ask_library};
pub use notice::{impossible, notice, skipped};
pub use property::cases;
pub use request::{payload, request};
pub use snapshot::{is_updating, snapshot};
