//! Reads a live cluster through the user's kubeconfig. It sends `GET` requests only.
//!
//! [`Connection::get`] reads one path, [`Connection::list`] a list page by page: one page is in memory at a time. Both retry
//! what can succeed later (an overloaded or restarting API server, a connection that breaks) a few times. All functions
//! block: the program does one thing at a time, and objects are evaluated between two pages.

mod connection;
mod error;
mod get;
mod issuer;
mod list;
mod resource;

pub use connection::{Connection, Options};
pub use error::{OpenError, ReadError};
pub use list::Page;
pub use resource::{Access, Resource};
