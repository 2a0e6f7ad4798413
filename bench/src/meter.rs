//! Counts what a module does: the instructions that it executes, and the memory that it takes.
//!
//! The engine's fuel is what counts. The policy server's own embedding hides its store and with it the
//! fuel, hence this small one: it links a module to the imports of waPC and nothing else.

mod imports;

use serde_json::Value;
use wasmtime_provider::wasmtime::{
    Config, Engine, Error, InstancePre, Module, OperatorCost, Result, Store, VariableOperatorCost,
    bail, format_err,
};

use imports::{Call, linker};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Executed instructions; copying a block of memory is one of them, however long it is.
    Instructions,
    /// Executed instructions, and each byte that is copied or filled as a block.
    InstructionsAndBytesCopied,
}

/// A module under the meter.
pub struct Meter {
    module: InstancePre<Call>,
}

/// What one call took.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What a fresh instance did before it could be called.
    pub start: u64,
    /// What the call did.
    pub call: u64,
    /// The linear memory after the call, bytes; it never shrinks.
    pub memory: usize,
    /// What was answered.
    pub answer: Vec<u8>,
}

impl Meter {
    /// Compiles a module with the counting in it.
    pub fn new(module: &[u8], unit: Unit) -> anyhow::Result<Self> {
        Self::compile(module, unit).map_err(for_people)
    }

    fn compile(module: &[u8], unit: Unit) -> Result<Self> {
        let mut config = Config::new();
        config.consume_fuel(true);
        if unit == Unit::Instructions {
            let variable = VariableOperatorCost {
                memory_copy_per_byte: 0,
                memory_fill_per_byte: 0,
                memory_init_per_byte: 0,
                ..VariableOperatorCost::new()
            };
            config.operator_cost(OperatorCost { variable, ..OperatorCost::new() });
        }
        let engine = Engine::new(&config)?;
        let module = Module::new(&engine, module)?;
        Ok(Self { module: linker(&engine, &module)?.instantiate_pre(&module)? })
    }

    /// Calls an entry point of a fresh instance. `account` is what the host answers when it is asked for a
    /// resource.
    pub fn call(&self, operation: &str, payload: &[u8], account: &[u8]) -> anyhow::Result<Reading> {
        self.run(operation, payload, account).map_err(for_people)
    }

    /// Whether the policy accepts these settings.
    pub fn accepts(&self, settings: &Value) -> anyhow::Result<bool> {
        let answer = self.call("validate_settings", settings.to_string().as_bytes(), b"")?.answer;
        let answer: Value = serde_json::from_slice(&answer)?;
        Ok(answer.get("valid") == Some(&Value::Bool(true)))
    }

    fn run(&self, operation: &str, payload: &[u8], account: &[u8]) -> Result<Reading> {
        let call = Call::new(operation, payload, account);
        let mut store = Store::new(self.module.module().engine(), call);
        store.set_fuel(u64::MAX)?;
        let instance = self.module.instantiate(&mut store)?;
        instance.get_typed_func::<(), ()>(&mut store, "wapc_init")?.call(&mut store, ())?;
        let start = u64::MAX - store.get_fuel()?;

        let entry = instance.get_typed_func::<(i32, i32), i32>(&mut store, "__guest_call")?;
        let lengths = (i32::try_from(operation.len())?, i32::try_from(payload.len())?);
        let ok = entry.call(&mut store, lengths)? == 1;
        let used = u64::MAX - store.get_fuel()?;

        let memory = instance.get_memory(&mut store, "memory");
        let memory = memory.ok_or_else(|| format_err!("the module exports no memory"))?;
        let memory = memory.data_size(&store);
        let answer = store.into_data().answer;
        if !ok {
            bail!("the policy failed: {}", String::from_utf8_lossy(&answer));
        }
        Ok(Reading { start, call: used - start, memory, answer })
    }
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meter").finish_non_exhaustive()
    }
}

/// The engine's error with its causes.
// By value: it goes into `map_err`.
#[allow(clippy::needless_pass_by_value)]
fn for_people(error: Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}
