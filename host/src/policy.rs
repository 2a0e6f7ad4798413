//! The engine: a module that is compiled once, and a new instance of it for each call.
//!
//! No state is kept from one call to the next, as on the policy server. The engine is wasmtime, as in the policy server, but
//! without its wrapper for waPC (wasmtime-provider): the wrapper hides values that tests and benchmarks measure, and takes
//! minutes to compile.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_pod_identity_kubernetes::answer::SettingsValidationResponse;
use aws_pod_identity_kubernetes::capabilities::{HostCapabilities, NoCapabilities};
use serde_json::Value;
use wasmtime::{
    Cache, CacheConfig, Config, Engine, InstancePre, Module, OperatorCost, OptLevel,
    RegallocAlgorithm, Store, Trap, VariableOperatorCost,
};

use crate::deadline;
use crate::wapc::{self, InstanceState};

/// How long one call may take: the policy server's default.
pub const TIME_LIMIT: Duration = Duration::from_secs(2);

/// How long one call of a module may take whose machine code is not optimized, while other tests use the processors.
const UNOPTIMIZED_TIME_LIMIT: Duration = Duration::from_secs(30);

/// Why a module could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file could not be read.
    #[error("cannot read the policy module {path}: {error}")]
    Read {
        /// The file, as it was given.
        path: String,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// The bytes are not a module that the engine accepts, or it imports something that no host has.
    #[error("cannot compile the policy module: {0:#}")]
    Compile(#[from] wasmtime::Error),
}

/// Why a call returned no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The guest was stopped because it took longer than the limit ([`TIME_LIMIT`]).
    #[error("Guest call failure: guest code interrupted, execution deadline exceeded")]
    TimeLimit,
    /// The guest stopped in a trap: a panic, an unreachable instruction, memory exhausted.
    #[error("Guest call failure: {0}")]
    Trap(String),
    /// The guest returned an error.
    #[error("Guest call failure: {0}")]
    Guest(String),
    /// The instance could not be created, or its initialization failed.
    #[error("{0}")]
    Instance(String),
}

/// The events that are counted while a module is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Nothing; calls have a time limit instead.
    Nothing,
    /// Executed instructions; copying a block of memory is one of them, however long it is.
    Instructions,
    /// Executed instructions, and each byte that is copied or filled as a block.
    InstructionsAndBytesCopied,
}

/// A compiled policy, ready to be called any number of times and from several threads.
pub struct Policy {
    prepared: InstancePre<InstanceState>,
    counted: Counted,
    time_limit: Duration,
}

impl Policy {
    /// Reads and compiles the module at `path`.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path)
            .map_err(|error| LoadError::Read { path: path.display().to_string(), error })?;
        Self::from_bytes(&bytes)
    }

    /// Compiles a module, in the least time. Its calls are slow, and have a long time limit.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LoadError> {
        Self::counting(bytes, Counted::Nothing)
    }

    /// Compiles a module with additional instructions that count these events. The counts do not depend on the optimization of
    /// the machine code.
    pub fn counting(bytes: &[u8], counted: Counted) -> Result<Self, LoadError> {
        let mut config = config(counted);
        config.cranelift_opt_level(OptLevel::None);
        config.cranelift_regalloc_algorithm(RegallocAlgorithm::SinglePass);
        Self::compile(bytes, counted, config, UNOPTIMIZED_TIME_LIMIT)
    }

    /// Compiles a module as the policy server does, for the fastest machine code.
    pub fn optimized(bytes: &[u8]) -> Result<Self, LoadError> {
        Self::compile(bytes, Counted::Nothing, config(Counted::Nothing), TIME_LIMIT)
    }

    fn compile(
        bytes: &[u8],
        counted: Counted,
        mut config: Config,
        time_limit: Duration,
    ) -> Result<Self, LoadError> {
        config.cache(Some(cache()?));
        let engine = Engine::new(&config)?;
        let module = Module::new(&engine, bytes)?;
        if counted == Counted::Nothing {
            deadline::tick(&engine);
        }
        let prepared = wapc::linker(&engine, &module)?.instantiate_pre(&module)?;
        Ok(Self { prepared, counted, time_limit })
    }

    /// The compiled module, to look at its imports and exports.
    pub fn module(&self) -> &Module {
        self.prepared.module()
    }

    /// Creates a new instance and initializes it (`wapc_init`). `host` answers its host calls.
    pub fn instantiate(&self, host: Arc<dyn HostCapabilities>) -> Result<Instance, CallError> {
        let mut store = Store::new(self.module().engine(), InstanceState::new(host));
        let exports = self.start(&mut store).map_err(|error| instance_error(&error, &store))?;
        Ok(Instance { store, exports, counted: self.counted, time_limit: self.time_limit })
    }

    fn start(&self, store: &mut Store<InstanceState>) -> wasmtime::Result<wasmtime::Instance> {
        match self.counted {
            Counted::Nothing => store.set_epoch_deadline(deadline::ticks(self.time_limit)),
            _ => store.set_fuel(u64::MAX)?,
        }
        let instance = self.prepared.instantiate(&mut *store)?;
        if let Ok(init) = instance.get_typed_func::<(), ()>(&mut *store, "wapc_init") {
            init.call(&mut *store, ())?;
        }
        Ok(instance)
    }

    /// Calls one entry point of a new instance: raw bytes in, raw bytes out.
    pub fn call(
        &self,
        operation: &str,
        payload: &[u8],
        host: Arc<dyn HostCapabilities>,
    ) -> Result<Vec<u8>, CallError> {
        self.instantiate(host)?.call(operation, payload)
    }

    /// Validates the settings. Errors of the call are reported as invalid settings,
    /// as the host does.
    pub fn validate_settings(&self, settings: &Value) -> SettingsValidationResponse {
        let host: Arc<dyn HostCapabilities> = Arc::new(NoCapabilities);
        let answer = self
            .call("validate_settings", settings.to_string().as_bytes(), host)
            .map_err(|error| error.to_string())
            .and_then(|answer| serde_json::from_slice(&answer).map_err(|error| error.to_string()));
        answer.unwrap_or_else(|error| SettingsValidationResponse {
            valid: false,
            message: Some(format!("the policy could not be called: {error}")),
        })
    }

    /// The version of Kubewarden's protocol that the policy declares, such as `v1`.
    pub fn protocol_version(&self) -> Result<String, CallError> {
        let host: Arc<dyn HostCapabilities> = Arc::new(NoCapabilities);
        let answer = self.call("protocol_version", b"", host)?;
        serde_json::from_slice(&answer).map_err(|error| CallError::Guest(error.to_string()))
    }
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policy").finish_non_exhaustive()
    }
}

/// Compiled modules, in the directory of this crate's build: programs and tests that run the same module compile it once.
fn cache() -> wasmtime::Result<Cache> {
    let mut config = CacheConfig::new();
    config.with_directory(Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/compiled-modules"));
    Cache::new(config)
}

fn config(counted: Counted) -> Config {
    let mut config = Config::new();
    match counted {
        Counted::Nothing => {
            config.epoch_interruption(true);
        }
        Counted::InstructionsAndBytesCopied => {
            config.consume_fuel(true);
        }
        Counted::Instructions => {
            config.consume_fuel(true);
            let variable = VariableOperatorCost {
                memory_copy_per_byte: 0,
                memory_fill_per_byte: 0,
                memory_init_per_byte: 0,
                ..VariableOperatorCost::new()
            };
            config.operator_cost(OperatorCost { variable, ..OperatorCost::new() });
        }
    }
    config
}

/// One instance of a policy. The policy server creates one for every request and drops it afterwards.
pub struct Instance {
    store: Store<InstanceState>,
    exports: wasmtime::Instance,
    counted: Counted,
    time_limit: Duration,
}

impl Instance {
    /// Calls one entry point: raw bytes in, raw bytes out.
    pub fn call(&mut self, operation: &str, payload: &[u8]) -> Result<Vec<u8>, CallError> {
        if self.counted == Counted::Nothing {
            self.store.set_epoch_deadline(deadline::ticks(self.time_limit));
        }
        let state = self.store.data_mut();
        state.operation = operation.into();
        state.payload = payload.into();
        match self.call_guest(operation.len(), payload.len()) {
            Ok(1) => std::mem::replace(&mut self.store.data_mut().answer, Ok(Vec::new()))
                .map_err(CallError::Guest),
            Ok(_) => Err(CallError::Guest(match &self.store.data().answer {
                Err(error) => error.clone(),
                Ok(_) => "the guest reported a failure without an error".to_owned(),
            })),
            Err(error) => Err(call_error(&error, &self.store)),
        }
    }

    fn call_guest(&mut self, operation: usize, payload: usize) -> wasmtime::Result<u32> {
        let lengths = (u32::try_from(operation)?, u32::try_from(payload)?);
        let entry =
            self.exports.get_typed_func::<(u32, u32), u32>(&mut self.store, "__guest_call")?;
        entry.call(&mut self.store, lengths)
    }

    /// The count since the instance was created; 0 if nothing is counted.
    pub fn count(&self) -> u64 {
        self.store.get_fuel().map_or(0, |left| u64::MAX - left)
    }

    /// The size of the linear memory, bytes; it never shrinks.
    pub fn memory_size(&mut self) -> usize {
        let memory = self.exports.get_memory(&mut self.store, "memory");
        memory.map_or(0, |memory| memory.data_size(&self.store))
    }

    /// The functions of WASI that were called since the instance was created, in order.
    pub fn wasi_calls(&self) -> &[&'static str] {
        &self.store.data().wasi_calls
    }
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").finish_non_exhaustive()
    }
}

fn call_error(error: &wasmtime::Error, store: &Store<InstanceState>) -> CallError {
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => CallError::TimeLimit,
        _ => CallError::Trap(with_output(error, store)),
    }
}

fn instance_error(error: &wasmtime::Error, store: &Store<InstanceState>) -> CallError {
    CallError::Instance(with_output(error, store))
}

/// The engine's error, after what the guest wrote before it stopped: the message of a panic.
fn with_output(error: &wasmtime::Error, store: &Store<InstanceState>) -> String {
    let output = String::from_utf8_lossy(&store.data().output);
    let output = output.trim();
    if output.is_empty() { format!("{error:#}") } else { format!("{output}: {error:#}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        BlockType, CodeSection, ExportKind, ExportSection, Function, FunctionSection, Instruction,
        TypeSection, ValType,
    };

    /// A module whose entry point has this body and whose memory is one page.
    fn module(body: &[Instruction<'_>]) -> Policy {
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32, ValType::I32], [ValType::I32]);
        let mut functions = FunctionSection::new();
        functions.function(0);
        let mut exports = ExportSection::new();
        exports.export("__guest_call", ExportKind::Func, 0);
        let mut code = CodeSection::new();
        let mut function = Function::new([]);
        for instruction in body {
            function.instruction(instruction);
        }
        code.function(&function);
        let mut module = wasm_encoder::Module::new();
        module.section(&types).section(&functions).section(&exports).section(&code);
        Policy::optimized(&module.finish()).unwrap()
    }

    fn endless() -> Policy {
        module(&[
            Instruction::Loop(BlockType::Empty),
            Instruction::Br(0),
            Instruction::End,
            Instruction::I32Const(0),
            Instruction::End,
        ])
    }

    fn trapping() -> Policy {
        module(&[Instruction::Unreachable, Instruction::End])
    }

    fn no_host() -> Arc<dyn HostCapabilities> {
        Arc::new(NoCapabilities)
    }

    #[test]
    fn a_guest_that_never_ends_is_stopped() {
        let error = endless().call("validate", b"{}", no_host()).unwrap_err();
        assert!(matches!(error, CallError::TimeLimit), "{error:?}");
    }

    #[test]
    fn a_trap_is_distinguished_from_an_error_of_the_guest() {
        let error = trapping().call("validate", b"{}", no_host()).unwrap_err();
        assert!(matches!(error, CallError::Trap(_)), "{error:?}");
    }

    #[test]
    fn a_policy_can_be_called_from_several_threads() {
        let policy = trapping();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| policy.call("validate", b"{}", no_host()).unwrap_err());
            }
        });
    }

    #[test]
    fn bytes_that_are_not_a_module_are_refused() {
        let error = Policy::from_bytes(b"not a module").unwrap_err();
        assert!(error.to_string().starts_with("cannot compile the policy module"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Policy::load("no/such/policy.wasm").unwrap_err();
        assert!(error.to_string().contains("no/such/policy.wasm"), "{error}");
    }
}
