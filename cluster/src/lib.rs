//! Reads a live cluster through the user's kubeconfig. It sends `GET` requests only.
//!
//! [`Connection::get`] reads one path, [`Connection::list`] a list page by page: one page is in memory at a time. Both repeat
//! a request a few times if it can succeed later (an overloaded or restarting API server, a connection that breaks). All functions
//! block: the program does one thing at a time, and objects are evaluated between two pages.
//!
//! Each module uses only modules before it in this list, which a test verifies (`tests/repository/module_order.rs`):
//!
//! 1. `error`: why a cluster cannot be read
//! 2. `connection`: the connection to an API server
//! 3. `resource`: the resources that are read
//! 4. `get`: reads one path
//! 5. `list`: reads a list page by page
//! 6. `issuer`: the issuer of the cluster's tokens

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
