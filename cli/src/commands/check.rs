//! `check`: what the policy does with manifests.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use aws_pod_identity_kubernetes::manifests::{Document, split};

use crate::arguments::{OutputArguments, PolicyArguments};
use crate::check::{Check, Checked, Seen, Surroundings};
use crate::input::{self, File};
use crate::report::{DocumentError, Header, Reporter};
use crate::trust::{RoleArguments, TrustChecks};

/// Text that is evaluated as one piece of work, bytes, unless a document is longer.
const PIECE: usize = 1 << 16;

/// Check manifests: what the policy would inject, warn about or reject.
///
/// Reads every object, and for workloads the pod that they would create. Service accounts and ConfigMaps among the
/// manifests are what the policy finds in the cluster. Other kinds, kustomizations, Helm values and chart templates are
/// skipped and counted. A document that cannot be read is reported, and the others are still checked.
///
/// Exits with 0 if nothing is at or above --fail-on, with 1 if something is, and with 2 if arguments, files or documents
/// cannot be used.
#[derive(clap::Args)]
#[command(after_long_help = "Examples:
  helm template my-release my-chart -n payments | aws-pod-identity check -n payments -
  kubectl kustomize overlays/production | aws-pod-identity check -
  aws-pod-identity check manifests/ --settings settings.yaml --fail-on warn
  aws-pod-identity check manifests/ --from-policy policy.yaml
  kubectl get serviceaccounts,configmaps -A -o yaml > cluster.yaml
  aws-pod-identity check manifests/ --cluster-state cluster.yaml
  aws-pod-identity check manifests/ -o html > report.html")]
pub(super) struct Arguments {
    /// Manifests in YAML or JSON: files, directories, globs, or `-` for standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
    /// Namespace of objects that do not name one
    #[arg(short, long, default_value = "default")]
    namespace: String,
    /// Further service accounts, ConfigMaps and namespaces, as `kubectl get serviceaccounts,configmaps -A -o yaml` prints
    /// them
    #[arg(long, value_name = "PATH")]
    cluster_state: Vec<String>,
    #[command(flatten)]
    policy: PolicyArguments,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    roles: RoleArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8> {
    let policies = arguments.policy.policies()?;
    let trust = match arguments.roles.listing()? {
        Some(listing) => Some(TrustChecks::new(listing, arguments.roles.issuer()?)),
        None => None,
    };
    for note in policies.notes().iter().filter(|_| !arguments.output.quiet) {
        eprintln!("Note: {}", crate::output::printable(note));
    }
    let mut skipped: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut count = |reason| *skipped.entry(reason).or_default() += 1;
    let files = input::files(&arguments.paths, &mut count)?;
    let state = input::files(&arguments.cluster_state, &mut |_| {})?;
    let mut reporter = arguments.output.reporter(&Header::new("check", policies.source()))?;

    let mut progress = Progress::new(arguments.output.quiet);
    let mut texts = Texts::default();
    let mut surroundings = Surroundings::new(&arguments.namespace);
    for file in &state {
        let error = match texts.of(file) {
            Ok(text) => surroundings.add_state(file, &text),
            Err(error) => Some(*error),
        };
        if let Some(error) = error {
            reporter.error(&error)?;
        }
    }
    for file in &files {
        progress.show("reading", &file.name, 0);
        // A file that cannot be read is reported when its objects are checked.
        if let Ok(text) = texts.of(file) {
            let _ = surroundings.add(file, &text);
        }
    }
    for (reason, number) in skipped {
        reporter.skip(reason, number);
    }
    let mut check = Check::new(policies, &surroundings, arguments.output.diff);
    if let Some(trust) = trust {
        check = check.with_trust(trust);
    }
    let work = Work { check: &check, texts: &texts };
    work.all(&files, &mut reporter, &mut progress)?;
    progress.clear();
    Ok(reporter.finish(arguments.output.fail_on)?)
}

/// The texts of files.
#[derive(Default)]
struct Texts {
    /// The text of standard input, which can be read only once.
    stdin: Option<Arc<str>>,
}

impl Texts {
    fn of(&mut self, file: &File) -> Result<Arc<str>, Box<DocumentError>> {
        let text = self.again(file)?;
        if file.is_stdin() {
            self.stdin = Some(Arc::clone(&text));
        }
        Ok(text)
    }

    /// The text, without remembering it.
    fn again(&self, file: &File) -> Result<Arc<str>, Box<DocumentError>> {
        match self.stdin.as_ref().filter(|_| file.is_stdin()) {
            Some(text) => Ok(Arc::clone(text)),
            None => file.read().map(Arc::from),
        }
    }
}

/// Documents of one file.
struct Piece {
    number: usize,
    file: File,
    text: Result<Arc<str>, Box<DocumentError>>,
    /// Number, line and range of the documents.
    documents: Vec<(usize, usize, std::ops::Range<usize>)>,
}

/// Checks files on all processors.
struct Work<'c> {
    check: &'c Check<'c>,
    texts: &'c Texts,
}

impl Work<'_> {
    /// Checks all files on all processors, and reports in the order of the files.
    fn all(&self, files: &[File], reporter: &mut Reporter, progress: &mut Progress) -> Result<()> {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let (give, take) = sync_channel::<Piece>(4 * workers);
        let (answer, answers) = sync_channel::<(usize, Vec<Checked>)>(4 * workers);
        let take = Mutex::new(take);
        std::thread::scope(|scope| {
            scope.spawn(move || self.read(files, &give));
            for _ in 0..workers {
                let (take, answer) = (&take, answer.clone());
                scope.spawn(move || self.work(take, &answer));
            }
            drop(answer);
            report(&answers, reporter, progress)
        })
    }

    /// Reads the files, and cuts them into pieces.
    fn read(&self, files: &[File], give: &SyncSender<Piece>) {
        let mut number = 0;
        for file in files {
            let text = self.texts.again(file);
            let mut pieces = vec![Vec::new()];
            if let Ok(text) = &text {
                let mut size = 0;
                for document in split(text) {
                    let start = document.text.as_ptr() as usize - text.as_ptr() as usize;
                    let range = start..start + document.text.len();
                    size += range.len();
                    if let Some(piece) = pieces.last_mut() {
                        piece.push((document.number, document.line, range));
                    }
                    if size > PIECE {
                        pieces.push(Vec::new());
                        size = 0;
                    }
                }
            }
            for documents in pieces {
                let piece = Piece { number, file: file.clone(), text: text.clone(), documents };
                number += 1;
                // The other side is gone if the report cannot be written.
                if give.send(piece).is_err() {
                    return;
                }
            }
        }
    }

    /// Checks pieces until there are none.
    fn work(&self, take: &Mutex<Receiver<Piece>>, answer: &SyncSender<(usize, Vec<Checked>)>) {
        loop {
            let next = take.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(piece) = next else { return };
            let found = match &piece.text {
                Err(error) => vec![Checked::Error((**error).clone())],
                Ok(text) => piece
                    .documents
                    .iter()
                    .flat_map(|(number, line, range)| {
                        let text = text.get(range.clone()).unwrap_or_default();
                        self.check
                            .document(&piece.file, &Document { number: *number, line: *line, text })
                    })
                    .collect(),
            };
            if answer.send((piece.number, found)).is_err() {
                return;
            }
        }
    }
}

/// Reports what the workers find, in the order of the pieces.
fn report(
    answers: &Receiver<(usize, Vec<Checked>)>,
    reporter: &mut Reporter,
    progress: &mut Progress,
) -> Result<()> {
    let mut waiting: BTreeMap<usize, Vec<Checked>> = BTreeMap::new();
    let mut seen = Seen::default();
    let (mut next, mut objects) = (0, 0);
    for (number, found) in answers {
        waiting.insert(number, found);
        while let Some(found) = waiting.remove(&next) {
            next += 1;
            for found in found {
                match found {
                    Checked::Skipped(reason) => reporter.skip(&reason, 1),
                    Checked::Error(error) => reporter.error(&error)?,
                    Checked::Entry(mut entry) => {
                        objects += 1;
                        seen.note(&mut entry);
                        reporter.entry(&entry)?;
                        progress.show("checked", "", objects);
                    }
                }
            }
        }
    }
    Ok(())
}

/// Shows progress on standard error while it is a terminal and the work is long.
struct Progress {
    since: Option<Instant>,
    shown: Option<Instant>,
}

impl Progress {
    /// Shorter work shows nothing.
    const PATIENCE: Duration = Duration::from_millis(500);
    /// Between two updates.
    const PAUSE: Duration = Duration::from_millis(100);

    fn new(quiet: bool) -> Self {
        // Standard output on the same terminal shows progress by itself.
        let wanted = !quiet && std::io::stderr().is_terminal() && !std::io::stdout().is_terminal();
        Self { since: wanted.then(Instant::now), shown: None }
    }

    fn show(&mut self, what: &str, name: &str, objects: usize) {
        let Some(since) = self.since else { return };
        let is_early = since.elapsed() < Self::PATIENCE;
        if is_early || self.shown.is_some_and(|shown| shown.elapsed() < Self::PAUSE) {
            return;
        }
        let objects = if objects > 0 { format!("{objects} objects") } else { String::new() };
        let text = crate::output::printable(&format!("{what} {objects}{name}"));
        let _ = write!(std::io::stderr(), "\r\u{1b}[K{text}");
        self.shown = Some(Instant::now());
    }

    /// Removes the line.
    fn clear(&mut self) {
        if self.shown.take().is_some() {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
