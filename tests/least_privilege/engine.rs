//! A small host for one module: every function that the module imports is written here, and remembers that it was
//! called. What is not written here cannot be called.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use policy_preview::capabilities::HostCapabilities;
use wasmtime_provider::wasmtime::{
    Caller, Engine, ExternType, Linker, Memory, Module, Result, Store, Val, format_err,
};

use super::support;

/// The module that WASI's functions are imported from.
pub const WASI: &str = "wasi_snapshot_preview1";

/// `policy.wasm`, with the functions that it imports.
pub struct Guest {
    module: Module,
    linker: Linker<Session>,
}

/// What came of one call.
pub struct Call {
    /// What the guest answered, or its own error.
    pub answer: std::result::Result<Vec<u8>, String>,
    /// The functions of WASI that were called, in order.
    pub wasi: Vec<String>,
    pub host_calls: Vec<HostCall>,
}

/// A call from the guest to its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCall {
    /// Binding, namespace and operation.
    pub function: [String; 3],
    pub payload: Vec<u8>,
}

/// One instance at work.
struct Session {
    host: Arc<dyn HostCapabilities>,
    operation: Vec<u8>,
    payload: Vec<u8>,
    /// What the host answered last.
    host_answer: std::result::Result<Vec<u8>, String>,
    answer: std::result::Result<Vec<u8>, String>,
    wasi: Vec<String>,
    host_calls: Vec<HostCall>,
}

impl Guest {
    /// The policy, compiled once for all tests.
    pub fn policy() -> &'static Self {
        static POLICY: LazyLock<Guest> = LazyLock::new(|| {
            LazyLock::force(&support::POLICY);
            let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("policy.wasm");
            Guest::load(&module).expect("policy.wasm can be linked")
        });
        &POLICY
    }

    fn load(path: &Path) -> Result<Self> {
        let engine = Engine::default();
        let module = Module::from_file(&engine, path)?;
        let mut linker = Linker::new(&engine);
        for import in module.imports() {
            let ExternType::Func(kind) = import.ty() else { continue };
            let (from, name) = (import.module().to_owned(), import.name().to_owned());
            linker.func_new(
                import.module(),
                import.name(),
                kind,
                move |caller, args, results| {
                    let args: Vec<usize> = args.iter().map(|arg| size(arg.unwrap_i32())).collect();
                    let result = called(caller, &from, &name, &args)?;
                    if let Some(slot) = results.first_mut() {
                        *slot = Val::I32(i32::try_from(result)?);
                    }
                    Ok(())
                },
            )?;
        }
        Ok(Self { module, linker })
    }

    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Calls an operation of a fresh instance. Panics if the guest does.
    pub fn call(&self, operation: &str, payload: &[u8], host: Arc<dyn HostCapabilities>) -> Call {
        let session = Session {
            host,
            operation: operation.as_bytes().to_vec(),
            payload: payload.to_vec(),
            host_answer: Ok(Vec::new()),
            answer: Err("the guest said nothing".to_owned()),
            wasi: Vec::new(),
            host_calls: Vec::new(),
        };
        let mut store = Store::new(self.module.engine(), session);
        let instance = self.linker.instantiate(&mut store, &self.module).unwrap();
        instance
            .get_typed_func::<(), ()>(&mut store, "wapc_init")
            .unwrap()
            .call(&mut store, ())
            .unwrap();
        let lengths = [operation.len(), payload.len()].map(|length| i32::try_from(length).unwrap());
        let door = instance.get_typed_func::<(i32, i32), i32>(&mut store, "__guest_call").unwrap();
        let done = door.call(&mut store, lengths.into()).unwrap();
        let Session { answer, wasi, host_calls, .. } = store.into_data();
        assert_eq!(done == 1, answer.is_ok());
        Call { answer, wasi, host_calls }
    }
}

/// An address or a length: wasm's integers have no sign of their own.
#[allow(clippy::cast_sign_loss)]
fn size(value: i32) -> usize {
    value as u32 as usize
}

/// Does what the imported function does, and gives its result, if it has any.
fn called(
    mut caller: Caller<'_, Session>,
    from: &str,
    name: &str,
    args: &[usize],
) -> Result<usize> {
    let memory =
        caller.get_export("memory").and_then(wasmtime_provider::wasmtime::Extern::into_memory);
    let memory = memory.ok_or_else(|| format_err!("the guest has no memory"))?;
    if from == WASI {
        caller.data_mut().wasi.push(name.to_owned());
    }
    match (name, args) {
        // Nothing random, so that every run is alike.
        ("random_get", _) => Ok(0),
        ("__guest_request", &[operation, payload]) => {
            let session = caller.data();
            let (op, request) = (session.operation.clone(), session.payload.clone());
            memory.write(&mut caller, operation, &op)?;
            memory.write(&mut caller, payload, &request)?;
            Ok(0)
        }
        ("__guest_response", &[at, length]) => {
            caller.data_mut().answer = Ok(read(&caller, memory, at, length));
            Ok(0)
        }
        ("__guest_error", &[at, length]) => {
            let error = read_text(&caller, memory, at, length);
            caller.data_mut().answer = Err(error);
            Ok(0)
        }
        ("__host_call", &[b, b_length, n, n_length, o, o_length, p, p_length]) => {
            let function = [(b, b_length), (n, n_length), (o, o_length)]
                .map(|(at, length)| read_text(&caller, memory, at, length));
            let payload = read(&caller, memory, p, p_length);
            let session = caller.data_mut();
            let [binding, namespace, operation] = &function;
            session.host_answer = session.host.host_call(binding, namespace, operation, &payload);
            session.host_calls.push(HostCall { function, payload });
            Ok(usize::from(session.host_answer.is_ok()))
        }
        ("__host_response_len", []) => Ok(caller.data().host_answer.as_ref().map_or(0, Vec::len)),
        ("__host_error_len", []) => {
            Ok(caller.data().host_answer.as_ref().err().map_or(0, String::len))
        }
        ("__host_response" | "__host_error", &[at]) => {
            let answer = match &caller.data().host_answer {
                Ok(answer) => answer.clone(),
                Err(error) => error.clone().into_bytes(),
            };
            memory.write(&mut caller, at, &answer)?;
            Ok(0)
        }
        _ => Err(format_err!("{from}.{name} was called")),
    }
}

fn read(caller: &Caller<'_, Session>, memory: Memory, at: usize, length: usize) -> Vec<u8> {
    memory.data(caller)[at..at + length].to_vec()
}

fn read_text(caller: &Caller<'_, Session>, memory: Memory, at: usize, length: usize) -> String {
    String::from_utf8(read(caller, memory, at, length)).expect("UTF-8")
}
