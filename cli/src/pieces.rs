//! Work on the documents of many files, on all processors, with results in the order of the input.
//!
//! One thread reads files and cuts them into pieces. Only as many pieces wait as there is work for, so the memory depends on
//! the longest file and not on the number of files.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use aws_pod_identity_kubernetes::manifests::{Document, split};

use crate::input::File;
use crate::report::DocumentError;

/// Text of a file that is one piece, bytes, unless a document is longer.
const PIECE: usize = 1 << 16;

/// The text of a file, or why it cannot be read.
type Text = Result<Arc<String>, Box<DocumentError>>;

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
    text: Text,
    /// Number, line and range of the documents.
    documents: Vec<(usize, usize, Range<usize>)>,
}

impl Piece {
    /// Why the file cannot be read. It has no documents then.
    pub fn error(&self) -> Option<&DocumentError> {
        self.text.as_ref().err().map(|error| &**error)
    }

    /// The documents.
    pub fn documents(&self) -> impl Iterator<Item = Document<'_>> {
        let text = self.text.as_ref().map_or("", |text| text.as_str());
        self.documents.iter().map(|(number, line, range)| Document {
            number: *number,
            line: *line,
            text: text.get(range.clone()).unwrap_or_default(),
        })
    }
}

impl Input {
    /// These files. Reads standard input, if it is one of them.
    pub fn new(files: Vec<File>) -> Self {
        let stdin = files.iter().find(|file| file.is_stdin()).map(read);
        Self { files, stdin }
    }

    /// Calls `work` with all pieces, on all processors, and `take` with the results in the order of the pieces. The first
    /// error of `take` ends it.
    pub fn for_each<T: Send, E: Send>(
        &self,
        work: impl Fn(Piece) -> T + Sync,
        mut take: impl FnMut(T) -> Result<(), E>,
    ) -> Result<(), E> {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let (give, given) = sync_channel::<(usize, Piece)>(4 * workers);
        let (answer, answers) = sync_channel::<(usize, T)>(4 * workers);
        let given = Mutex::new(given);
        std::thread::scope(|scope| {
            scope.spawn(move || self.cut(&give));
            for _ in 0..workers {
                let (given, answer, work) = (&given, answer.clone(), &work);
                scope.spawn(move || work_on(given, &answer, work));
            }
            drop(answer);
            let mut waiting = BTreeMap::new();
            let mut next = 0;
            for (number, result) in answers {
                waiting.insert(number, result);
                while let Some(result) = waiting.remove(&next) {
                    next += 1;
                    take(result)?;
                }
            }
            Ok(())
        })
    }

    /// Reads the files, and cuts them into pieces.
    fn cut(&self, give: &SyncSender<(usize, Piece)>) {
        let mut pieces = 0;
        for file in &self.files {
            let text = match &self.stdin {
                Some(text) if file.is_stdin() => text.clone(),
                _ => read(file),
            };
            let mut documents = vec![Vec::new()];
            if let Ok(text) = &text {
                let mut size = 0;
                for document in split(text) {
                    let start = document.text.as_ptr() as usize - text.as_ptr() as usize;
                    let range = start..start + document.text.len();
                    size += range.len();
                    if let Some(piece) = documents.last_mut() {
                        piece.push((document.number, document.line, range));
                    }
                    if size > PIECE {
                        documents.push(Vec::new());
                        size = 0;
                    }
                }
            }
            for documents in documents {
                let piece = Piece { file: file.clone(), text: text.clone(), documents };
                // Fails if the results are not wanted anymore.
                if give.send((pieces, piece)).is_err() {
                    return;
                }
                pieces += 1;
            }
        }
    }
}

fn read(file: &File) -> Text {
    file.read().map(Arc::new)
}

/// Works on pieces until there are none.
fn work_on<T>(
    given: &Mutex<Receiver<(usize, Piece)>>,
    answer: &SyncSender<(usize, T)>,
    work: impl Fn(Piece) -> T,
) {
    loop {
        let next = given.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, piece)) = next else { return };
        if answer.send((number, work(piece))).is_err() {
            return;
        }
    }
}
