//! Reads a request from standard input, and writes the report to standard output. As a program of WASI, it needs no code that
//! passes memory to the browser.

use std::io::{self, Read, Write};

fn main() -> io::Result<()> {
    let mut request = Vec::new();
    io::stdin().lock().read_to_end(&mut request)?;
    io::stdout().lock().write_all(&playground::answer(&request)?)
}
