//! What tests of the policy share.
//!
//! [`case`] reads the files in `cases/` and checks answers against them. [`request`] builds admission requests and
//! payloads. [`library`] evaluates a payload with the core. [`settings`] reads the valid and invalid settings. [`answer`]
//! checks what holds for every answer, and [`additions`] what was added to an object, byte for byte. The fuzz targets use
//! both, too. [`host`] has hosts that answer or fail in one way; the cluster in memory comes from `kubernetes/`.
//!
//! [`each`] checks many files and reports all failures, [`snapshot`](mod@snapshot) compares with files or writes them, and
//! [`notice`](mod@notice) is for tests that are skipped.
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
pub mod library;
pub mod notice;
pub mod request;
pub mod settings;
pub mod snapshot;

pub use case::Case;
pub use library::{Answer, ask_library};
pub use notice::{impossible, notice, skipped};
pub use request::{payload, request};
pub use snapshot::{is_updating, snapshot};
