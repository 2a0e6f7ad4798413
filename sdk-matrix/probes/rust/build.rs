//! Sets AWS_CONFIG_VERSION for the probe: the version of aws-config in Cargo.lock.

fn main() {
    println!("cargo::rerun-if-changed=Cargo.lock");
    let lock = std::fs::read_to_string("Cargo.lock").expect("Cargo.lock");
    let rest = lock.split("name = \"aws-config\"\nversion = \"").nth(1).expect("aws-config");
    let version = rest.split('"').next().unwrap_or_default();
    println!("cargo::rustc-env=AWS_CONFIG_VERSION={version}");
}
