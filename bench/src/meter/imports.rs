//! What a module imports: the functions of waPC, and randomness, which here is always the same.

use wasmtime_provider::wasmtime::{
    Caller, Engine, Extern, Linker, Memory, Module, Result, bail, format_err,
};

/// One call of a guest: what it is asked, and what it answers.
pub(super) struct Call {
    operation: Vec<u8>,
    payload: Vec<u8>,
    account: Vec<u8>,
    /// The host's answer to the guest's last question.
    host_answer: Vec<u8>,
    /// The guest's answer, or its error.
    pub(super) answer: Vec<u8>,
}

impl Call {
    pub(super) fn new(operation: &str, payload: &[u8], account: &[u8]) -> Self {
        Self {
            operation: operation.into(),
            payload: payload.into(),
            account: account.into(),
            host_answer: Vec::new(),
            answer: Vec::new(),
        }
    }
}

type Guest<'c> = Caller<'c, Call>;

/// Everything that a module may import; what it should never call traps.
pub(super) fn linker(engine: &Engine, module: &Module) -> Result<Linker<Call>> {
    let mut linker = Linker::new(engine);
    linker.func_wrap("wapc", "__guest_request", guest_request)?;
    linker.func_wrap("wapc", "__guest_response", guest_answer)?;
    linker.func_wrap("wapc", "__guest_error", guest_answer)?;
    linker.func_wrap("wapc", "__host_call", host_call)?;
    linker.func_wrap("wapc", "__host_response_len", |guest: Guest<'_>| -> Result<i32> {
        Ok(i32::try_from(guest.data().host_answer.len())?)
    })?;
    linker.func_wrap("wapc", "__host_response", |mut guest: Guest<'_>, at: i32| {
        let answer = guest.data().host_answer.clone();
        write(&mut guest, at, &answer)
    })?;
    // Hash maps are seeded with it: another seed would be another number of instructions.
    linker.func_wrap(
        "wasi_snapshot_preview1",
        "random_get",
        |mut guest: Guest<'_>, at: i32, length: i32| -> Result<i32> {
            write(&mut guest, at, &vec![0x5a; usize::try_from(length)?])?;
            Ok(0)
        },
    )?;
    linker.define_unknown_imports_as_traps(module)?;
    Ok(linker)
}

fn guest_request(mut guest: Guest<'_>, operation: i32, payload: i32) -> Result<()> {
    let Call { operation: name, payload: bytes, .. } = guest.data();
    let (name, bytes) = (name.clone(), bytes.clone());
    write(&mut guest, operation, &name)?;
    write(&mut guest, payload, &bytes)
}

fn guest_answer(mut guest: Guest<'_>, at: i32, length: i32) -> Result<()> {
    guest.data_mut().answer = read(&mut guest, at, length)?;
    Ok(())
}

/// Only `get_resource` has an answer.
#[allow(clippy::too_many_arguments)]
fn host_call(
    mut guest: Guest<'_>,
    _binding: i32,
    _binding_length: i32,
    _namespace: i32,
    _namespace_length: i32,
    operation: i32,
    operation_length: i32,
    _payload: i32,
    _payload_length: i32,
) -> Result<i32> {
    let operation = read(&mut guest, operation, operation_length)?;
    let call = guest.data_mut();
    call.host_answer = match operation.as_slice() {
        b"get_resource" => call.account.clone(),
        b"log" => Vec::new(),
        other => bail!("nobody expects {}", String::from_utf8_lossy(other)),
    };
    Ok(1)
}

fn read(guest: &mut Guest<'_>, at: i32, length: i32) -> Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(length)?];
    memory(guest)?.read(guest, usize::try_from(at)?, &mut bytes)?;
    Ok(bytes)
}

fn write(guest: &mut Guest<'_>, at: i32, bytes: &[u8]) -> Result<()> {
    memory(guest)?.write(guest, usize::try_from(at)?, bytes)?;
    Ok(())
}

fn memory(guest: &mut Guest<'_>) -> Result<Memory> {
    let memory = guest.get_export("memory").and_then(Extern::into_memory);
    memory.ok_or_else(|| format_err!("the module exports no memory"))
}
