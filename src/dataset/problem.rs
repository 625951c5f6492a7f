//! What can be wrong with a data file, each with its place and the way out.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

pub use super::table::TableFault;
pub use super::trec::MarkupFault;

/// Why data could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The operating system or the decompressor said no.
    #[error("{}: {source}{}", path.display(), way_out(source))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// A file without a single line.
    #[error("{}: the file is empty", .0.display())]
    Empty(PathBuf),
    /// A judgement file that holds its header and nothing else.
    #[error("{}: a header and no judgements", .0.display())]
    NoJudgements(PathBuf),
    /// A file that begins with a UTF-16 byte order mark.
    #[error("{}: the file is UTF-16; convert it with `iconv -f UTF-16 -t UTF-8`", .0.display())]
    Utf16(PathBuf),
    /// A file that the layout asks for is not there.
    #[error("{}: no `{wanted}` and no `{wanted}.gz` in this folder", dir.display())]
    MissingFile {
        /// The data set's folder.
        dir: PathBuf,
        /// Its name without `.gz`.
        wanted: String,
    },
    /// A file lies there twice, plain and compressed.
    #[error("{}: both `{wanted}` and `{wanted}.gz` are there; remove one", dir.display())]
    TwoFiles {
        /// The data set's folder.
        dir: PathBuf,
        /// Its name without `.gz`.
        wanted: String,
    },
    /// There are no judgements of that name.
    #[error("{}: no judgements for split `{wanted}`; there are {}", dir.display(), listed(found))]
    NoSuchSplit {
        /// The data set's folder.
        dir: PathBuf,
        /// The split asked for.
        wanted: String,
        /// The splits that exist, sorted.
        found: Vec<String>,
    },
    /// Several splits, none of them `test`, and none asked for.
    #[error("{}: name a `split`; there are {}", dir.display(), listed(found))]
    SplitNotGiven {
        /// The data set's folder.
        dir: PathBuf,
        /// The splits that exist, sorted.
        found: Vec<String>,
    },
    /// No folder of that name under any root.
    #[error("no data set `{name}` under {}{}", roots_listed(roots), hint(suggestion.as_deref()))]
    NoSuchDataset {
        /// The name asked for.
        name: String,
        /// Where it was looked for.
        roots: Vec<PathBuf>,
        /// An existing name that is close.
        suggestion: Option<String>,
    },
    /// Lines that cannot be used.
    #[error("{0}")]
    Lines(Problems),
    /// A file without lines (a matrix, an archive) that cannot be used.
    #[error("{}: {what}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, where in it, and the way out.
        what: String,
    },
    /// Generated data that cannot be as it was asked for.
    #[error("data set `{name}`: {}", what.join("; "))]
    Generated {
        /// The data set.
        name: String,
        /// Everything that is wrong, each with the way out.
        what: Vec<String>,
    },
}

impl DatasetError {
    /// Wraps an I/O error with its file.
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self::Io { path, source }
    }

    /// Says what is wrong with a file that has no lines.
    pub(crate) fn file(path: &Path, what: impl Into<String>) -> Self {
        let (path, what) = (path.to_owned(), what.into());
        Self::File { path, what }
    }
}

fn way_out(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "; it was cut off, get it anew",
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            "; it was changed or cut off, get it anew"
        }
        _ => "",
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "none at all".to_owned(),
        names => format!("`{}`", names.join("`, `")),
    }
}

fn roots_listed(roots: &[PathBuf]) -> String {
    let names: Vec<String> = roots.iter().map(|r| format!("`{}`", r.display())).collect();
    names.join(", ")
}

fn hint(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |s| format!("; did you mean `{s}`?"))
}

/// Faults found in one or more files, in the order of files and lines; printed one per line.
#[derive(Debug, Default, PartialEq)]
pub struct Problems {
    /// At most [`Problems::LIMIT`] per file.
    pub shown: Vec<Problem>,
    /// How many more there are.
    pub hidden: usize,
}

/// One unusable line or row.
#[derive(Debug, PartialEq)]
pub struct Problem {
    /// The file.
    pub path: PathBuf,
    /// Where in it.
    pub place: Place,
    /// What is wrong there.
    pub fault: Fault,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, place, fault } = self;
        match place {
            Place::File => write!(f, "{}: {fault}", path.display()),
            Place::Line(line) => write!(f, "{}:{line}: {fault}", path.display()),
            Place::Row(row) => write!(f, "{}: row {row}: {fault}", path.display()),
        }
    }
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// All of it.
    File,
    /// A line of a text, from 1.
    Line(usize),
    /// A row of a file that has no lines, from 1.
    Row(usize),
}

impl From<usize> for Place {
    fn from(line: usize) -> Self {
        Place::Line(line)
    }
}

impl Place {
    /// With its preposition, for messages.
    pub(super) fn at(self) -> String {
        match self {
            Place::File => "in this file".to_owned(),
            Place::Line(line) => format!("on line {line}"),
            Place::Row(row) => format!("in row {row}"),
        }
    }
}

impl Problems {
    /// Faults shown per file; a broken export has the same fault on every line.
    pub const LIMIT: usize = 20;

    /// Notes a fault; beyond the limit it is only counted, so that a broken file does not fill the memory.
    pub(crate) fn push(&mut self, path: &Path, place: impl Into<Place>, fault: Fault) {
        if self.shown.len() == Self::LIMIT {
            self.hidden += 1;
            return;
        }
        let (path, place) = (path.to_owned(), place.into());
        self.shown.push(Problem { path, place, fault });
    }

    /// Adds the faults of another file, by line.
    pub(crate) fn append(&mut self, mut other: Problems) {
        other.shown.sort_by_key(|p| p.place);
        self.shown.append(&mut other.shown);
        self.hidden += other.hidden;
    }

    /// `value` if there are no faults.
    pub(crate) fn or<T>(self, value: T) -> Result<T, DatasetError> {
        if self.shown.is_empty() {
            Ok(value)
        } else {
            Err(DatasetError::Lines(self))
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.shown.iter().enumerate() {
            let separator = if i == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        if self.hidden > 0 {
            write!(f, "\nand {} more", self.hidden)?;
        }
        Ok(())
    }
}

/// What is wrong with one line.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Fault {
    /// Bytes that are no UTF-8.
    #[error("byte {byte} is not UTF-8; convert the file, for instance with `iconv -f LATIN1 -t UTF-8`")]
    NotUtf8 {
        /// The first bad byte of the line, from 1.
        byte: usize,
    },
    /// A byte order mark that does not stand at the start of the file.
    #[error("a byte order mark inside the file, as when two files were joined; remove it")]
    StrayBom,
    /// Nothing on the line.
    #[error("blank line; remove it")]
    Blank,
    /// Not JSON, or a key twice.
    #[error("malformed JSON at column {column}: {message}")]
    Json {
        /// From 1.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// A token that other JSON writers emit for numbers JSON does not have.
    #[error("`{token}` at column {column} is not JSON; leave the field out or write null")]
    NotFinite {
        /// As written.
        token: String,
        /// From 1.
        column: usize,
    },
    /// A key that has to be there.
    #[error("no `{0}`")]
    MissingKey(&'static str),
    /// A key that nothing reads.
    #[error("unknown key `{0}`; put further facts under `metadata`")]
    UnknownKey(String),
    /// A value of the wrong type.
    #[error("`{key}` is {found}; {want}")]
    WrongType {
        /// The key.
        key: String,
        /// What stands there, with its article.
        found: &'static str,
        /// What to write.
        want: &'static str,
    },
    /// An id that run files could not hold.
    #[error("the id `{0}` is empty or has white space in it, which run files cannot hold")]
    UnusableId(String),
    /// A query that asks nothing.
    #[error("`text` is blank")]
    BlankText,
    /// The same id twice.
    #[error("duplicate id `{id}`, first {}", .first.at())]
    DuplicateId {
        /// The id.
        id: String,
        /// Where it stood first.
        first: Place,
    },
    /// `metadata.filter` that does not parse.
    #[error("`metadata.filter`: {0}")]
    Filter(String),
    /// A vector, a condition or a list of neighbours that cannot be used.
    #[error("{0}")]
    Vector(String),
    /// The wrong number of columns.
    #[error("{got} columns, expected {want}")]
    Columns {
        /// What a line looks like.
        want: &'static str,
        /// Columns found.
        got: usize,
    },
    /// A grade that is no whole number.
    #[error("the grade `{0}` is not a whole number")]
    Grade(String),
    /// One pair judged twice.
    #[error("query `{query}` and document `{doc}` are judged twice, first {}", .first.at())]
    JudgedTwice {
        /// The query.
        query: String,
        /// The document.
        doc: String,
        /// Where the pair stood first.
        first: Place,
    },
    /// Judgements of a document that is not there.
    #[error("document `{id}` is not in the corpus{}", others(*.lines))]
    UnknownDoc {
        /// The first such id.
        id: String,
        /// Lines that name an absent document, this one included.
        lines: usize,
    },
    /// Judgements of a query that is not there.
    #[error("query `{id}` is not in the queries file{}", others(*.lines))]
    UnknownQuery {
        /// The first such id.
        id: String,
        /// Lines that name an absent query, this one included.
        lines: usize,
    },
    /// A row of a table that cannot be used.
    #[error(transparent)]
    Table(#[from] TableFault),
    /// A piece of a TREC file that cannot be used.
    #[error(transparent)]
    Markup(#[from] MarkupFault),
    /// A score that is no finite number.
    #[error("the score `{0}` is not a finite number")]
    Score(String),
    /// One document twice in the ranking of one query.
    #[error("query `{query}` ranks document `{doc}` twice, first on line {first}")]
    RankedTwice {
        /// The query.
        query: String,
        /// The document.
        doc: String,
        /// Where it stood first.
        first: usize,
    },
}

fn others(lines: usize) -> String {
    if lines == 1 {
        "; add it or remove the judgement".to_owned()
    } else {
        format!(
            " (nor are those of {} further lines); add them or remove the judgements",
            lines - 1
        )
    }
}
