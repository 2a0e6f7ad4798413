//! Prints the containers of `environments.toml` and their fingerprints as JSON, for `matrix.py`.

use anyhow::Result;
use sdk_matrix::environments::{self, Environment};
use serde::Serialize;

#[derive(Serialize)]
struct WithFingerprint {
    fingerprint: String,
    #[serde(flatten)]
    environment: Environment,
}

fn main() -> Result<()> {
    let environments: Vec<WithFingerprint> = environments::load()?
        .into_iter()
        .map(|environment| WithFingerprint { fingerprint: environment.fingerprint(), environment })
        .collect();
    serde_json::to_writer(std::io::stdout(), &environments)?;
    Ok(())
}
