//! Processes the documents of many files on all processors, with results in the order of the input.
//!
//! Each thread reads files, and splits long ones into pieces for the other threads. At most `AHEAD` files are read before their
//! results are used, so the memory depends on the longest file and not on the number of files.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use aws_pod_identity_kubernetes::manifests::{Document, split};

use crate::input::File;
use crate::report::Unreadable;

/// The size of a piece in bytes. A longer document is one piece.
const PIECE: usize = 1 << 16;

/// The number of unread results after which workers pause.
const WAITING: usize = 64;

/// The number of files that are read before the results of the first of them are used.
const AHEAD: usize = 256;

/// The most files that a worker reads, and answers for, at a time. One by one, 10,000 files take 11 % more processor time,
/// because the threads wake each other for each.
const BATCH: usize = 16;

/// Bytes that take 0.1 seconds.
const LONG: u64 = 2_000_000;

/// The maximum number of files whose sizes are read.
const MANY: usize = 1_000;

/// The text of a file, or why it cannot be read.
type Text = Result<Arc<String>, Box<Unreadable>>;

/// Files to work on, more than once.
pub struct Input {
    files: Vec<File>,
    /// The text of standard input, which can be read only once.
    stdin: Option<Text>,
}

/// Documents of one file.
pub struct Piece {
    /// The file.
    pub file: File,
    number: Number,
    text: Text,
    /// The documents without their texts, and the ranges of these.
    documents: Vec<(Document<'static>, Range<usize>)>,
}

/// Which piece it is.
#[derive(Clone, Copy)]
struct Number {
    /// The number of the file.
    file: usize,
    /// The number of the piece in the file.
    piece: usize,
    /// Whether it has the last documents of the file.
    is_last: bool,
}

impl Piece {
    /// Why the file cannot be read. It has no documents then.
    pub fn error(&self) -> Option<&Unreadable> {
        self.text.as_ref().err().map(|error| &**error)
    }

    /// The documents.
    pub fn documents(&self) -> impl Iterator<Item = Document<'_>> {
        let text = self.text.as_ref().map_or("", |text| text.as_str());
        self.documents.iter().map(|(document, range)| Document {
            text: text.get(range.clone()).unwrap_or_default(),
            ..*document
        })
    }
}

impl Input {
    /// These files. Reads standard input, if it is one of them.
    pub fn new(files: Vec<File>) -> Self {
        let stdin = files.iter().find(|file| file.is_stdin()).map(read);
        Self { files, stdin }
    }

    /// The number of files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are no files.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Whether the work takes so long that users should see that it has begun.
    pub fn is_long(&self) -> bool {
        let stdin = self.stdin.iter().flatten().map(|text| text.len() as u64);
        let sizes = self.files.iter().take(MANY).map(File::size);
        stdin.chain(sizes).sum::<u64>() >= LONG
    }

    /// Calls `work` with all pieces, on all processors, and `take` with the results in the order of the pieces, and whether the
    /// file is done. The first error of `take` ends it.
    pub fn for_each<T: Send, E: Send>(
        &self,
        work: impl Fn(Piece) -> T + Sync,
        mut take: impl FnMut(T, bool) -> Result<(), E>,
    ) -> Result<(), E> {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let (answer, answers) = sync_channel::<Vec<(Number, T)>>(WAITING);
        // Few files are shared one by one.
        let batch = (self.files.len() / (workers * BATCH)).clamp(1, BATCH);
        let queue = Queue { batch, ..Queue::default() };
        std::thread::scope(|scope| {
            // Also if `take` fails: workers that wait would never end.
            let _stop = Stop { queue: &queue, on_panic_only: false };
            for _ in 0..workers {
                let (queue, answer, work) = (&queue, answer.clone(), &work);
                scope.spawn(move || self.work_on(queue, &answer, work));
            }
            drop(answer);
            let mut waiting = BTreeMap::new();
            let mut next = (0, 0);
            for answer in answers {
                for (Number { file, piece, is_last }, result) in answer {
                    waiting.insert((file, piece), (is_last, result));
                }
                while let Some((is_last, result)) = waiting.remove(&next) {
                    take(result, is_last)?;
                    next.1 += 1;
                    if is_last {
                        next = (next.0 + 1, 0);
                    }
                }
                queue.taken(next.0);
            }
            Ok(())
        })
    }

    /// Works on pieces until there are none.
    fn work_on<T>(
        &self,
        queue: &Queue,
        answer: &SyncSender<Vec<(Number, T)>>,
        work: impl Fn(Piece) -> T,
    ) {
        let _stop = Stop { queue, on_panic_only: true };
        while let Some(job) = queue.next(self.files.len()) {
            let result = |piece: Piece| (piece.number, work(piece));
            let results = match job {
                Job::Piece(piece) => vec![result(piece)],
                Job::Files(numbers) => numbers
                    .filter_map(|number| queue.share(self.pieces(number)))
                    .map(result)
                    .collect(),
            };
            // Fails if the results are not wanted anymore.
            if answer.send(results).is_err() {
                return;
            }
        }
    }

    /// Reads a file, and cuts it into pieces: at least one.
    fn pieces(&self, of_file: usize) -> VecDeque<Piece> {
        let mut pieces = VecDeque::new();
        let Some(file) = self.files.get(of_file) else { return pieces };
        let text = match &self.stdin {
            Some(text) if file.is_stdin() => text.clone(),
            _ => read(file),
        };
        let mut documents = vec![Vec::new()];
        if let Ok(text) = &text {
            let mut size = 0;
            for document in split(text) {
                if size > PIECE {
                    documents.push(Vec::new());
                    size = 0;
                }
                let start = document.text.as_ptr() as usize - text.as_ptr() as usize;
                let range = start..start + document.text.len();
                size += range.len();
                if let Some(piece) = documents.last_mut() {
                    piece.push((Document { text: "", ..document }, range));
                }
            }
        }
        let last = documents.len() - 1;
        for (index, documents) in documents.into_iter().enumerate() {
            let (file, text) = (file.clone(), text.clone());
            let number = Number { file: of_file, piece: index, is_last: index == last };
            pieces.push_back(Piece { file, number, text, documents });
        }
        pieces
    }
}

fn read(file: &File) -> Text {
    file.read().map(Arc::new)
}

/// What there is to do.
enum Job {
    /// Read files, by their numbers.
    Files(Range<usize>),
    /// Work on a piece of a file that was read.
    Piece(Piece),
}

/// The work that is not started.
#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    /// How many files a worker reads at a time.
    batch: usize,
}

#[derive(Default)]
struct State {
    /// The next file to read.
    next: usize,
    /// The files whose results were taken.
    taken: usize,
    /// The pieces of long files.
    pieces: VecDeque<Piece>,
    /// The files that workers are to read now.
    reading: usize,
    stopped: bool,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job; none if there is nothing more to do. Waits for pieces of the files that others read, and until the results
    /// of the files before are taken.
    fn next(&self, files: usize) -> Option<Job> {
        let mut state = self.state();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(piece) = state.pieces.pop_front() {
                return Some(Job::Piece(piece));
            }
            let end = files.min(state.taken + AHEAD);
            if state.next < end {
                let numbers = state.next..end.min(state.next + self.batch);
                state.next = numbers.end;
                state.reading += numbers.len();
                return Some(Job::Files(numbers));
            }
            if state.next >= files && state.reading == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Keeps the first piece of a file that was read, and shares the others.
    fn share(&self, mut pieces: VecDeque<Piece>) -> Option<Piece> {
        let first = pieces.pop_front();
        let mut state = self.state();
        state.reading -= 1;
        let others_can_continue = !pieces.is_empty() || state.reading == 0;
        state.pieces.append(&mut pieces);
        drop(state);
        if others_can_continue {
            self.changed.notify_all();
        }
        first
    }

    /// The results of so many files were taken.
    fn taken(&self, files: usize) {
        let mut state = self.state();
        state.taken = files;
        drop(state);
        self.changed.notify_all();
    }
}

/// Ends the work when it is dropped.
struct Stop<'q> {
    queue: &'q Queue,
    on_panic_only: bool,
}

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        if !self.on_panic_only || std::thread::panicking() {
            self.queue.state().stopped = true;
            self.queue.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(texts: &[String]) -> (tempfile::TempDir, Input) {
        let directory = tempfile::tempdir().unwrap();
        for (number, text) in texts.iter().enumerate() {
            std::fs::write(directory.path().join(format!("{number:05}.yaml")), text).unwrap();
        }
        let paths = [directory.path().display().to_string()];
        let files = crate::input::files(&paths, &mut |_| {}).unwrap();
        (directory, Input::new(files))
    }

    /// Many short files, and a long one that is cut.
    fn texts() -> Vec<String> {
        let long = |number: usize| format!("a: {number}\n---\n").repeat(30_000);
        (0..600)
            .map(|number| if number == 300 { long(number) } else { format!("a: {number}\n") })
            .collect()
    }

    #[test]
    fn results_come_in_the_order_of_the_documents() {
        let texts = texts();
        let (_directory, input) = input(&texts);
        let (mut found, mut files) = (Vec::new(), 0);
        let work =
            |piece: Piece| piece.documents().map(|one| one.text.to_owned()).collect::<Vec<_>>();
        let done = input.for_each(work, |documents, is_last| {
            found.extend(documents);
            files += usize::from(is_last);
            Ok::<_, ()>(())
        });
        assert_eq!(done, Ok(()));
        assert_eq!(files, 600);
        let expected: Vec<_> =
            texts.iter().flat_map(|text| split(text)).map(|one| one.text).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn much_text_or_many_files_are_long_work() {
        for (size, files, is_long) in
            [(1_000, 20, false), (1_999_999, 1, false), (2_000_000, 1, true), (3_000, 700, true)]
        {
            let (_directory, input) = input(&vec!["a".repeat(size); files]);
            assert_eq!(input.is_long(), is_long, "{files} files of {size} bytes");
        }
    }

    #[test]
    fn the_first_error_ends_the_work() {
        let (_directory, input) = input(&texts());
        let mut taken = 0;
        let done = input.for_each(
            |_| (),
            |(), _| {
                taken += 1;
                if taken < 10 { Ok(()) } else { Err(taken) }
            },
        );
        assert_eq!((done, taken), (Err(10), 10));
    }

    #[test]
    #[should_panic(expected = "scoped thread panicked")]
    fn a_panic_ends_the_work() {
        let (_directory, input) = input(&texts());
        let work = |piece: Piece| assert!(piece.number.file < 5, "on purpose");
        let _ = input.for_each(work, |(), _| Ok::<_, ()>(()));
    }
}
