//! Counts the instructions that a module executes, and the memory that it uses.

use std::sync::Arc;

use aws_pod_identity_kubernetes::capabilities::{HostCapabilities, NoCapabilities};
use policy_host::policy::{Counted, Policy};
use serde_json::Value;

use crate::timing::Immediate;

/// A module whose work is counted.
#[derive(Debug)]
pub struct Meter {
    policy: Policy,
}

/// The work of one call.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The work of a new instance before it can be called.
    pub start: u64,
    /// The work of the call.
    pub call: u64,
    /// The linear memory after the call, bytes; it never shrinks.
    pub memory: usize,
    /// The answer.
    pub answer: Vec<u8>,
}

impl Meter {
    /// Compiles a module with code that counts.
    pub fn new(module: &[u8], counted: Counted) -> anyhow::Result<Self> {
        Ok(Self { policy: Policy::counting(module, counted)? })
    }

    /// Calls an entry point of a new instance. `account` is the answer of the host to a lookup.
    pub fn call(&self, operation: &str, payload: &[u8], account: &[u8]) -> anyhow::Result<Reading> {
        self.call_with(operation, payload, Arc::new(Immediate(account.to_vec())))
    }

    /// Calls an entry point of a new instance, with that host.
    pub fn call_with(
        &self,
        operation: &str,
        payload: &[u8],
        host: Arc<dyn HostCapabilities>,
    ) -> anyhow::Result<Reading> {
        let mut instance = self.policy.instantiate(host)?;
        let start = instance.count();
        let answer = instance.call(operation, payload)?;
        let call = instance.count() - start;
        Ok(Reading { start, call, memory: instance.memory_size(), answer })
    }

    /// Whether the policy accepts these settings.
    pub fn accepts(&self, settings: &Value) -> anyhow::Result<bool> {
        let payload = settings.to_string();
        let answer =
            self.policy.call("validate_settings", payload.as_bytes(), Arc::new(NoCapabilities))?;
        let answer: Value = serde_json::from_slice(&answer)?;
        Ok(answer.get("valid") == Some(&Value::Bool(true)))
    }
}
