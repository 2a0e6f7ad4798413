//! Measures the policy's module: what it costs in time, instructions, memory and bytes, beside the least
//! that a policy can cost and beside the same policy written the usual way.
//!
//! [`cases`] are the requests. [`contestant`] says which modules they are put to, [`stopwatch`] takes the
//! time in the policy server's engine, and [`meter`] counts instructions, which are the same on every
//! machine: [`ledger`] keeps them in a file. [`size`] says what the bytes of the module are for.

pub mod cases;
pub mod contestant;
pub mod ledger;
pub mod meter;
pub mod notice;
pub mod size;
pub mod stopwatch;
pub mod table;
