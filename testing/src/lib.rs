//! What tests of the policy share.
//!
//! [`case`] reads the files in `cases/` and checks answers against them. [`request`] builds admission requests and
//! payloads. [`library`] evaluates a payload with the core. [`settings`] reads the valid and invalid settings. [`answer`]
//! checks what holds for every answer, and [`additions`] what was added to an object, byte for byte. The fuzz targets use
//! both, too. The cluster in memory comes from `kubernetes/`.
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
pub mod library;
pub mod request;
pub mod settings;

pub use case::Case;
pub use library::{Answer, ask_library};
pub use request::{payload, request};
