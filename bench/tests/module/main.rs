//! Tests of the module's cost. They are one program, so that the module is compiled once for each way of counting.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a test that cannot go on has failed"
)]

mod answers;
mod budget;
mod growth;
mod instructions;
mod role_trust;

use std::sync::LazyLock;

use policy_bench::meter::Meter;
use policy_bench::policies::ComparedPolicy;
use policy_host::policy::Counted;

static MODULE: LazyLock<Vec<u8>> = LazyLock::new(|| ComparedPolicy::Policy.read().unwrap());

static INSTRUCTIONS: LazyLock<Meter> =
    LazyLock::new(|| Meter::new(&MODULE, Counted::Instructions).unwrap());
