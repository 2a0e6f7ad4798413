//! Measures the module: time, instructions, memory and size, compared with a policy that accepts everything and with two
//! other implementations of the injection.
//!
//! [`cases`] are the requests. [`policies`] says which modules evaluate them, [`timing`] takes the time in
//! the policy server's engine, and [`meter`] counts instructions, which are the same on every
//! machine: [`instructions`] keeps them in a file. [`size`] divides the bytes of the module by their purpose.

pub mod cases;
pub mod instructions;
pub mod meter;
pub mod policies;
pub mod size;
pub mod table;
pub mod timing;
