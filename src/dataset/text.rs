//! A whole text file in one buffer, for readers that borrow from it.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::problem::{DatasetError, Fault, Problems};

const BOM: &str = "\u{feff}";

/// A file's text, decompressed where need be.
///
/// Gzip is recognised by its first bytes, whatever the name. A UTF-8 byte order mark at the start is left out.
#[derive(Debug)]
pub struct Text {
    path: PathBuf,
    text: String,
    /// Lines that are no text, each with its fault.
    faults: Vec<(usize, Fault)>,
}

impl Text {
    /// Reads a file; `-` is the standard input.
    ///
    /// # Errors
    /// A file that cannot be read or decompressed, is empty, or is UTF-16. Lines that are not UTF-8 are faults of the
    /// reader that comes after.
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        let bytes = if path == Path::new("-") {
            read_stdin()
        } else {
            std::fs::read(path)
        };
        let stored = bytes.map_err(|e| DatasetError::io(path, e))?;
        let bytes = if stored.starts_with(b"\x1f\x8b") {
            let mut text = Vec::new();
            let read = MultiGzDecoder::new(stored.as_slice()).read_to_end(&mut text);
            read.map_err(|e| DatasetError::io(path, e))?;
            text
        } else {
            stored
        };
        Self::new(path, bytes)
    }

    fn new(path: &Path, bytes: Vec<u8>) -> Result<Self, DatasetError> {
        let path = path.to_owned();
        if bytes.is_empty() {
            return Err(DatasetError::Empty(path));
        }
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err(DatasetError::Utf16(path));
        }
        let (text, faults) = match String::from_utf8(bytes) {
            Ok(text) => (text, Vec::new()),
            Err(error) => mended(error.into_bytes()),
        };
        Ok(Self { path, text, faults })
    }

    /// Where it came from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All of it, without the byte order mark.
    pub fn as_str(&self) -> &str {
        self.text.strip_prefix(BOM).unwrap_or(&self.text)
    }

    /// What is wrong with the file once a reader has found what is wrong with its lines: `value` if nothing is.
    ///
    /// # Errors
    /// The faults by line, up to the limit.
    pub(crate) fn check<T>(&self, faults: Faults, value: T) -> Result<T, DatasetError> {
        let mut all: Vec<&(usize, Fault)> = self.faults.iter().chain(&faults.by_line).collect();
        // One fault for a line: bytes that are no text explain whatever else is wrong with it.
        all.sort_by_key(|(line, _)| *line);
        all.dedup_by_key(|(line, _)| *line);
        let mut problems = Problems::default();
        for (line, fault) in all {
            problems.push(&self.path, *line, fault.clone());
        }
        problems.hidden += faults.beyond;
        problems.or(value)
    }
}

/// What is wrong with the lines of a file, found in any order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    by_line: Vec<(usize, Fault)>,
    /// How many are known by number alone.
    beyond: usize,
}

impl Faults {
    pub(crate) fn push(&mut self, line: usize, fault: Fault) {
        self.by_line.push((line, fault));
    }

    /// Takes those of another part of the file, whose first line has the number `before` + 1.
    pub(crate) fn append(&mut self, other: Self, before: usize) {
        self.by_line.extend(
            other
                .by_line
                .into_iter()
                .map(|(line, fault)| (line + before, fault)),
        );
        self.beyond += other.beyond;
    }

    /// Forgets what will not be shown, so that a broken file does not fill the memory.
    pub(crate) fn cut(&mut self) {
        self.by_line.sort_by_key(|(line, _)| *line);
        self.beyond += self.by_line.len().saturating_sub(Problems::LIMIT);
        self.by_line.truncate(Problems::LIMIT);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_line.is_empty()
    }
}

fn read_stdin() -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Puts question marks for bytes of lines that are not UTF-8, and says which lines these are.
fn mended(mut bytes: Vec<u8>) -> (String, Vec<(usize, Fault)>) {
    let mut faults = Vec::new();
    for (i, line) in bytes.split_mut(|&b| b == b'\n').enumerate() {
        if let Err(error) = str::from_utf8(line) {
            let byte = error.valid_up_to() + 1;
            faults.push((i + 1, Fault::NotUtf8 { byte }));
            for byte in line.iter_mut().filter(|byte| !byte.is_ascii()) {
                *byte = b'?';
            }
        }
    }
    (String::from_utf8_lossy(&bytes).into_owned(), faults)
}

/// Cuts a text at ends of lines into more pieces than there are threads.
pub(crate) fn pieces(text: &str) -> Vec<&str> {
    let wanted = text.len() / (4 * rayon::current_num_threads().max(1)) + 1;
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.len() > wanted {
        let end = rest.as_bytes()[wanted..].iter().position(|&b| b == b'\n');
        let Some(end) = end else { break };
        let (piece, after) = rest.split_at(wanted + end + 1);
        pieces.push(piece);
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

/// White space as C has it in its standard locale: an id may hold any other kind.
pub(crate) fn is_space(byte: u8) -> bool {
    byte == b' ' || (b'\t'..=b'\r').contains(&byte)
}

/// The fields of a line, separated by white space.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a>(pub(crate) &'a str);

impl<'a> Iterator for Fields<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.0.as_bytes();
        let start = bytes.iter().position(|&b| !is_space(b))?;
        let length = bytes[start..].iter().position(|&b| is_space(b));
        let end = length.map_or(bytes.len(), |length| start + length);
        let field = &self.0[start..end];
        self.0 = &self.0[end..];
        Some(field)
    }
}

/// Whether a line has nothing to read: it is blank, or a comment, which begins with `#`.
pub(crate) fn is_comment_or_blank(line: &str) -> bool {
    let first = line.bytes().find(|&b| !is_space(b));
    first.is_none_or(|first| first == b'#')
}

/// A byte order mark in the middle of a file.
pub(crate) fn check_mark(line: &str) -> Result<(), Fault> {
    if line.starts_with(BOM) {
        Err(Fault::StrayBom)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Text {
        Text::new(Path::new("f"), bytes.to_vec()).unwrap()
    }

    #[test]
    fn a_leading_mark_is_left_out_and_other_bytes_that_are_no_text_are_named() {
        assert_eq!(text("\u{feff}a b\n".as_bytes()).as_str(), "a b\n");
        let latin = text(b"a\ncaf\xe9 \xe9\nb\n");
        assert_eq!(latin.as_str(), "a\ncaf? ?\nb\n");
        let mut faults = Faults::default();
        for line in [3, 2] {
            faults.push(line, Fault::Blank);
        }
        let error = latin.check(faults, ()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "f:2: byte 4 is not UTF-8; convert the file, for instance with `iconv -f LATIN1 -t UTF-8`\n\
             f:3: blank line; remove it"
        );
    }

    #[test]
    fn the_first_faults_are_shown_and_the_others_counted() {
        let file = text(b"a\n");
        let mut all = Faults::default();
        for part in 0..3 {
            let mut faults = Faults::default();
            (1..=50).rev().for_each(|line| faults.push(line, Fault::Blank));
            faults.cut();
            all.append(faults, part * 50);
        }
        let message = file.check(all, ()).unwrap_err().to_string();
        let lines: Vec<&str> = message.lines().collect();
        assert_eq!(lines[0], "f:1: blank line; remove it");
        assert_eq!(lines[19], "f:20: blank line; remove it");
        assert_eq!(lines[20..], ["and 130 more"]);
    }

    #[test]
    fn fields_are_separated_as_in_c() {
        let fields: Vec<&str> = Fields(" a\tb\u{a0}c \u{b}d\r").collect();
        assert_eq!(fields, ["a", "b\u{a0}c", "d"]);
    }

    #[test]
    fn files_that_hold_no_text_are_refused_whole() {
        let refused = |bytes: &[u8]| Text::new(Path::new("f"), bytes.to_vec()).unwrap_err().to_string();
        assert_eq!(refused(b""), "f: the file is empty");
        assert_eq!(
            refused(b"\xff\xfea\0"),
            "f: the file is UTF-16; convert it with `iconv -f UTF-16 -t UTF-8`"
        );
    }
}
