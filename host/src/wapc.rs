//! The host's side of waPC (<https://wapc.io/docs/spec/>), and the functions of WASI that a module may import.
//!
//! WASI has no files, no environment and no arguments here. Random bytes are always the same, so that a call
//! executes the same instructions each time.

use std::sync::Arc;

use aws_pod_identity_kubernetes::capabilities::HostCapabilities;
use wasmtime::{Caller, Engine, Extern, Linker, Memory, Module, Result, bail, format_err};

/// The module name of WASI's functions.
const WASI: &str = "wasi_snapshot_preview1";

/// The state of one instance: its request, its answer, and the functions that it called.
pub(crate) struct InstanceState {
    host: Arc<dyn HostCapabilities>,
    pub(crate) operation: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    /// The host's answer to the last host call.
    host_answer: std::result::Result<Vec<u8>, String>,
    pub(crate) answer: std::result::Result<Vec<u8>, String>,
    /// The functions of WASI that were called, in order.
    pub(crate) wasi_calls: Vec<&'static str>,
    /// The output of the guest on its standard streams, such as the message of a panic.
    pub(crate) output: Vec<u8>,
}

impl InstanceState {
    pub(crate) fn new(host: Arc<dyn HostCapabilities>) -> Self {
        Self {
            host,
            operation: Vec::new(),
            payload: Vec::new(),
            host_answer: Ok(Vec::new()),
            answer: Err("the guest did not answer".to_owned()),
            wasi_calls: Vec::new(),
            output: Vec::new(),
        }
    }
}

type Guest<'c> = Caller<'c, InstanceState>;

/// The functions that a module may import. Others trap when they are called.
pub(crate) fn linker(engine: &Engine, module: &Module) -> Result<Linker<InstanceState>> {
    let mut linker = Linker::new(engine);
    add_wapc(&mut linker)?;
    add_wasi(&mut linker)?;
    linker.define_unknown_imports_as_traps(module)?;
    Ok(linker)
}

fn add_wapc(linker: &mut Linker<InstanceState>) -> Result<()> {
    linker.func_wrap(
        "wapc",
        "__guest_request",
        |mut guest: Guest<'_>, operation: u32, payload: u32| {
            let (memory, state) = memory_and_state(&mut guest)?;
            put(memory, operation, &state.operation)?;
            put(memory, payload, &state.payload)
        },
    )?;
    linker.func_wrap(
        "wapc",
        "__guest_response",
        |mut guest: Guest<'_>, at: u32, length: u32| {
            let (memory, state) = memory_and_state(&mut guest)?;
            state.answer = Ok(get(memory, at, length)?.to_vec());
            Ok(())
        },
    )?;
    linker.func_wrap("wapc", "__guest_error", |mut guest: Guest<'_>, at: u32, length: u32| {
        let (memory, state) = memory_and_state(&mut guest)?;
        state.answer = Err(get_text(memory, at, length)?);
        Ok(())
    })?;
    linker.func_wrap("wapc", "__host_call", host_call)?;
    linker.func_wrap("wapc", "__host_response_len", |guest: Guest<'_>| -> Result<u32> {
        Ok(u32::try_from(guest.data().host_answer.as_ref().map_or(0, Vec::len))?)
    })?;
    linker.func_wrap("wapc", "__host_response", |mut guest: Guest<'_>, at: u32| {
        let (memory, state) = memory_and_state(&mut guest)?;
        put(memory, at, state.host_answer.as_deref().unwrap_or_default())
    })?;
    linker.func_wrap("wapc", "__host_error_len", |guest: Guest<'_>| -> Result<u32> {
        Ok(u32::try_from(guest.data().host_answer.as_ref().err().map_or(0, String::len))?)
    })?;
    linker.func_wrap("wapc", "__host_error", |mut guest: Guest<'_>, at: u32| {
        let (memory, state) = memory_and_state(&mut guest)?;
        put(memory, at, state.host_answer.as_ref().err().map_or(&[], |text| text.as_bytes()))
    })?;
    Ok(())
}

#[allow(clippy::too_many_arguments)] // waPC's signature.
fn host_call(
    mut guest: Guest<'_>,
    binding: u32,
    binding_length: u32,
    namespace: u32,
    namespace_length: u32,
    operation: u32,
    operation_length: u32,
    payload: u32,
    payload_length: u32,
) -> Result<u32> {
    let (memory, state) = memory_and_state(&mut guest)?;
    let binding = get_text(memory, binding, binding_length)?;
    let namespace = get_text(memory, namespace, namespace_length)?;
    let operation = get_text(memory, operation, operation_length)?;
    let payload = get(memory, payload, payload_length)?;
    state.host_answer = state.host.host_call(&binding, &namespace, &operation, payload);
    Ok(u32::from(state.host_answer.is_ok()))
}

fn add_wasi(linker: &mut Linker<InstanceState>) -> Result<()> {
    linker.func_wrap(WASI, "random_get", |mut guest: Guest<'_>, at: u32, length: u32| {
        let (memory, state) = memory_and_state(&mut guest)?;
        state.wasi_calls.push("random_get");
        range(memory, at, length)?.fill(0x5a);
        Ok(0)
    })?;
    // No variables.
    linker.func_wrap(
        WASI,
        "environ_sizes_get",
        |mut guest: Guest<'_>, count: u32, size: u32| {
            let (memory, state) = memory_and_state(&mut guest)?;
            state.wasi_calls.push("environ_sizes_get");
            put(memory, count, &0u32.to_le_bytes())?;
            put(memory, size, &0u32.to_le_bytes())?;
            Ok(0)
        },
    )?;
    linker.func_wrap(WASI, "environ_get", |mut guest: Guest<'_>, _: u32, _: u32| -> u32 {
        guest.data_mut().wasi_calls.push("environ_get");
        0
    })?;
    linker.func_wrap(WASI, "fd_write", fd_write)?;
    linker.func_wrap(WASI, "proc_exit", |mut guest: Guest<'_>, code: u32| -> Result<()> {
        guest.data_mut().wasi_calls.push("proc_exit");
        bail!("the guest ended its process with code {code}")
    })?;
    Ok(())
}

/// Takes the output of a guest on any stream. The form of the buffers: "wasi_snapshot_preview1", `ciovec`.
fn fd_write(
    mut guest: Guest<'_>,
    _stream: u32,
    buffers: u32,
    count: u32,
    written: u32,
) -> Result<u32> {
    let (memory, state) = memory_and_state(&mut guest)?;
    state.wasi_calls.push("fd_write");
    let mut total = 0;
    for index in 0..count {
        let entry = get(memory, buffers + 8 * index, 8)?;
        let (at, length) = entry.split_at(4);
        let (at, length) = (number(at)?, number(length)?);
        state.output.extend_from_slice(get(memory, at, length)?);
        total += length;
    }
    put(memory, written, &total.to_le_bytes())?;
    Ok(0)
}

fn number(bytes: &[u8]) -> Result<u32> {
    Ok(u32::from_le_bytes(bytes.try_into()?))
}

fn memory_and_state<'g>(guest: &'g mut Guest<'_>) -> Result<(&'g mut [u8], &'g mut InstanceState)> {
    let memory = guest.get_export("memory").and_then(Extern::into_memory);
    let memory: Memory = memory.ok_or_else(|| format_err!("the module exports no memory"))?;
    Ok(memory.data_and_store_mut(guest))
}

fn range(memory: &mut [u8], at: u32, length: u32) -> Result<&mut [u8]> {
    let (at, length) = (usize::try_from(at)?, usize::try_from(length)?);
    let range = memory.get_mut(at..).and_then(|rest| rest.get_mut(..length));
    range.ok_or_else(|| format_err!("{length} bytes at {at} are outside of the memory"))
}

fn get(memory: &mut [u8], at: u32, length: u32) -> Result<&[u8]> {
    Ok(range(memory, at, length)?)
}

fn get_text(memory: &mut [u8], at: u32, length: u32) -> Result<String> {
    Ok(String::from_utf8_lossy(get(memory, at, length)?).into_owned())
}

fn put(memory: &mut [u8], at: u32, bytes: &[u8]) -> Result<()> {
    range(memory, at, u32::try_from(bytes.len())?)?.copy_from_slice(bytes);
    Ok(())
}
