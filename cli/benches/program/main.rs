//! Measures the program with 10,000 manifests: its time, the time until its first output, and its memory.
//!
//! `make bench-program` builds the program as it is distributed, and runs this.

#![allow(missing_docs, reason = "a benchmark has no interface")]

mod manifests;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// Applications in the input; each has [`manifests::OBJECTS`] manifests.
const APPLICATIONS: usize = 2_000;
/// Measurements of an input. The median is shown.
const RUNS: usize = 5;

/// The measurements of one run.
#[derive(Clone, Copy, Default)]
struct Measured {
    first_result: Duration,
    all: Duration,
    /// Time of all processors. It depends less on other work of the machine.
    processors: Duration,
    /// The most memory that was resident, bytes; none on systems without procfs.
    memory: u64,
}

fn main() -> Result<()> {
    // `cargo bench` passes this flag. `cargo test --benches` only verifies that the program starts.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let inputs = generate(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-program"))?;
    println!(
        "| input | files | MB | first output on a terminal, ms | first result, ms | all, s | processor time, s | most memory, MB |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|"
    );
    for (title, path, format) in inputs {
        let (files, bytes) = size(&path)?;
        let mut runs = Vec::new();
        for _ in 0..RUNS {
            runs.push(measure(&path, format)?);
        }
        runs.sort_by_key(|run| run.all);
        let median = runs.get(RUNS / 2).copied().unwrap_or_default();
        println!(
            "| {title} | {files} | {} | {} | {:.0} | {:.2} | {:.2} | {} |",
            bytes / 1_000_000,
            on_terminal(&path, format)?,
            median.first_result.as_secs_f64() * 1e3,
            median.all.as_secs_f64(),
            median.processors.as_secs_f64(),
            median.memory / 1_000_000
        );
    }
    Ok(())
}

/// Writes the same manifests in several forms.
fn generate(directory: &Path) -> Result<Vec<(&'static str, std::path::PathBuf, &'static str)>> {
    let single = directory.join("single");
    let releases = directory.join("releases");
    let (all, twice) = (directory.join("all.yaml"), directory.join("twice.yaml"));
    fs::create_dir_all(&releases)?;
    let mut stream = File::create(&all)?;
    for number in 0..APPLICATIONS {
        let objects = manifests::application(number);
        let team = single.join(format!("team-{:03}", number / 20));
        fs::create_dir_all(&team)?;
        for (index, object) in objects.iter().enumerate() {
            fs::write(team.join(format!("{number:05}-{index}.yaml")), object)?;
        }
        let release = objects.join("---\n");
        fs::write(releases.join(format!("{number:05}.yaml")), &release)?;
        write!(stream, "---\n{release}")?;
    }
    // As `kubectl get --output yaml` prints it.
    let list = directory.join("list.yaml");
    let mut items = File::create(&list)?;
    writeln!(items, "apiVersion: v1\nkind: List\nitems:")?;
    for object in (0..APPLICATIONS).flat_map(manifests::application) {
        let lines = object.lines().collect::<Vec<_>>().join("\n  ");
        writeln!(items, "- {lines}")?;
    }
    let text = fs::read(&all)?;
    fs::write(&twice, [text.as_slice(), &text].concat())?;
    Ok(vec![
        ("one manifest a file", single.clone(), "text"),
        ("one release a file", releases, "text"),
        ("one manifest a file, as json", single.clone(), "json"),
        ("one manifest a file, as html", single, "html"),
        ("one stream", all, "text"),
        ("one stream, twice as long", twice, "text"),
        ("one list", list, "text"),
    ])
}

fn size(path: &Path) -> Result<(usize, u64)> {
    if !path.is_dir() {
        return Ok((1, fs::metadata(path)?.len()));
    }
    fs::read_dir(path)?.try_fold((0, 0), |(files, bytes), entry| {
        let (more, size) = size(&entry?.path())?;
        Ok((files + more, bytes + size))
    })
}

/// Milliseconds until the program shows something if its standard error is a terminal, the median of some runs; a dash without
/// the program `script` of util-linux, which makes the terminal. The result goes to a file, as reports do.
fn on_terminal(path: &Path, format: &str) -> Result<String> {
    let program = env!("CARGO_BIN_EXE_aws-pod-identity");
    let command = format!("{program} check --output {format} '{}' > /dev/null", path.display());
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let started = Instant::now();
        let spawned = Command::new("script")
            .args(["--quiet", "--flush", "--command", &command, "/dev/null"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut script) = spawned else { return Ok("-".to_owned()) };
        let mut stdout = script.stdout.take().context("no output")?;
        ensure!(stdout.read(&mut [0])? == 1, "nothing is shown on a terminal");
        times.push(started.elapsed());
        std::io::copy(&mut stdout, &mut std::io::sink())?;
        script.wait()?;
    }
    times.sort_unstable();
    let median = times.get(RUNS / 2).copied().unwrap_or_default();
    Ok(format!("{:.0}", median.as_secs_f64() * 1e3))
}

/// Runs the program once.
fn measure(path: &Path, format: &str) -> Result<Measured> {
    let started = Instant::now();
    let mut program = Command::new(env!("CARGO_BIN_EXE_aws-pod-identity"))
        .args(["check", "--output", format])
        .arg(path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let id = program.id();
    let (memory, ticks) = (AtomicU64::new(0), AtomicU64::new(0));
    let is_done = AtomicBool::new(false);
    let (first_result, output) = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                memory.fetch_max(most_memory(id), Ordering::Relaxed);
                ticks.fetch_max(processor_ticks(id), Ordering::Relaxed);
                // Both only grow. Reading them often takes time from the program.
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        let read = read(&mut program, started);
        is_done.store(true, Ordering::Relaxed);
        read
    })?;
    let code = program.wait()?.code();
    let all = started.elapsed();
    ensure!(code == Some(1) && output > 100_000, "the program found something else: {code:?}");
    let processors = Duration::from_millis(ticks.into_inner() * 10);
    Ok(Measured { first_result, all, processors, memory: memory.into_inner() })
}

/// Reads the output. Returns the time of its start, and its length.
fn read(program: &mut Child, started: Instant) -> Result<(Duration, usize)> {
    let mut stdout = program.stdout.take().context("no output")?;
    let mut buffer = vec![0; 1 << 16];
    let mut length = stdout.read(&mut buffer)?;
    let first = started.elapsed();
    loop {
        match stdout.read(&mut buffer)? {
            0 => return Ok((first, length)),
            more => length += more,
        }
    }
}

/// The most memory that a process had so far ("proc_pid_status(5)": VmHWM, in KiB); 0 if this is not known.
fn most_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or_default() * 1024
}

/// The processor time of a process so far ("proc_pid_stat(5)": utime and stime), in hundredths of a second.
fn processor_ticks(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields = after_name.split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
}
