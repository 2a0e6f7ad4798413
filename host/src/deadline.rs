//! The clock for the time limit: the engine counts ticks, which a thread generates.

use std::time::Duration;

use wasmtime::{Engine, EngineWeak};

const TICK: Duration = Duration::from_millis(50);

/// The number of ticks that take at least `limit`.
pub(crate) fn ticks(limit: Duration) -> u64 {
    let ticks = limit.as_millis().div_ceil(TICK.as_millis());
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// Generates ticks for one engine on a separate thread, until the engine is dropped.
pub(crate) fn tick(engine: &Engine) {
    let engine = engine.weak();
    std::thread::spawn(move || tick_until_gone(&engine));
}

fn tick_until_gone(engine: &EngineWeak) {
    loop {
        std::thread::sleep(TICK);
        match engine.upgrade() {
            Some(engine) => engine.increment_epoch(),
            None => return,
        }
    }
}
