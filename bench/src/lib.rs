//! Measures the policy's module: what it costs in time, instructions, memory and bytes, compared with a policy that does
//! nothing and with the same injection written in two other ways.
//!
//! [`cases`] are the requests. [`policies`] says which modules evaluate them, [`timing`] takes the time in
//! the policy server's engine, and [`meter`] counts instructions, which are the same on every
//! machine: [`instructions`] keeps them in a file. [`size`] says what the bytes of the module are for.

pub mod cases;
pub mod instructions;
pub mod meter;
pub mod notice;
pub mod policies;
pub mod size;
pub mod table;
pub mod timing;
