//! Lines of a text file, plain or gzip, with the hash of what is stored.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::SourceFile;
use super::problem::{DatasetError, Fault, Problems};
use crate::content::hex;

const BUFFER: usize = 64 * 1024;
const BOM: char = '\u{feff}';

/// A file read line by line; memory is that of the longest line.
///
/// Gzip is recognised by its first bytes, whatever the name. A UTF-8 byte order mark at the start is skipped, `\r\n`
/// ends a line like `\n`, and the last line needs neither.
pub(crate) struct Lines {
    path: PathBuf,
    source: Source,
}

impl Lines {
    pub(crate) fn open(path: &Path) -> Result<Self, DatasetError> {
        let mut source = Source::open(path).map_err(|e| DatasetError::io(path, e))?;
        // Here too, so that a file that is no text is refused before anything else is read.
        refuse_no_text(path, source.text())?;
        let path = path.to_owned();
        Ok(Self { path, source })
    }

    /// Hands every usable line, with its number from 1, to `take`; notes what is wrong with the others and what
    /// `take` objects to.
    pub(crate) fn each(
        mut self,
        problems: &mut Problems,
        mut take: impl FnMut(usize, &str) -> Result<(), Fault>,
    ) -> Result<SourceFile, DatasetError> {
        let rows = each_line(&self.path, self.source.text(), problems, &mut take)?;
        self.finish(rows)
    }

    /// The same for formats in which blank lines mean something or nothing, but are no mistake.
    pub(super) fn each_even_blank(
        mut self,
        problems: &mut Problems,
        mut take: impl FnMut(usize, &str) -> Result<(), Fault>,
    ) -> Result<SourceFile, DatasetError> {
        let rows = read_lines(&self.path, self.source.text(), |number, bytes| {
            let line = text(bytes, number);
            if let Err(fault) = line.and_then(|text| take(number, text)) {
                problems.push(&self.path, number, fault);
            }
        })?;
        self.finish(rows)
    }

    fn finish(self, rows: usize) -> Result<SourceFile, DatasetError> {
        let sha256 = self.source.finish();
        Ok(SourceFile {
            path: self.path.display().to_string(),
            sha256: sha256.map_err(|e| DatasetError::io(&self.path, e))?,
            rows,
        })
    }
}

/// Does to the lines of `text`, which `path` names in messages, what [`Lines::each`] does to those of a file. Returns
/// how many lines there are.
///
/// # Errors
/// When `text` is empty or UTF-16, or cannot be read.
pub(super) fn each_line(
    path: &Path,
    text: &mut dyn BufRead,
    problems: &mut Problems,
    take: &mut dyn FnMut(usize, &str) -> Result<(), Fault>,
) -> Result<usize, DatasetError> {
    read_lines(path, text, |number, bytes| {
        let line = usable(bytes, number);
        if let Err(fault) = line.and_then(|text| take(number, text)) {
            problems.push(path, number, fault);
        }
    })
}

/// Hands every line, its end left off, to `take`. Returns how many there are.
fn read_lines(
    path: &Path,
    text: &mut dyn BufRead,
    mut take: impl FnMut(usize, &[u8]),
) -> Result<usize, DatasetError> {
    refuse_no_text(path, text)?;
    let (mut buffer, mut number) = (Vec::new(), 0);
    while read_line(text, &mut buffer).map_err(|e| DatasetError::io(path, e))? {
        number += 1;
        take(number, &buffer);
    }
    Ok(number)
}

pub(super) fn refuse_no_text(path: &Path, text: &mut dyn BufRead) -> Result<(), DatasetError> {
    let start = text.fill_buf().map_err(|e| DatasetError::io(path, e))?;
    if start.is_empty() {
        return Err(DatasetError::Empty(path.to_owned()));
    }
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return Err(DatasetError::Utf16(path.to_owned()));
    }
    Ok(())
}

/// Fills `line` with the next line, its end left off; false at the end of the text.
fn read_line(text: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    if text.read_until(b'\n', line)? == 0 {
        return Ok(false);
    }
    for end in [b'\n', b'\r'] {
        if line.last() == Some(&end) {
            line.pop();
        }
    }
    Ok(true)
}

fn usable(bytes: &[u8], number: usize) -> Result<&str, Fault> {
    let text = text(bytes, number)?;
    if text.trim().is_empty() {
        return Err(Fault::Blank);
    }
    Ok(text)
}

fn text(bytes: &[u8], number: usize) -> Result<&str, Fault> {
    let text = str::from_utf8(bytes).map_err(|e| Fault::NotUtf8 {
        byte: e.valid_up_to() + 1,
    })?;
    match text.strip_prefix(BOM) {
        Some(rest) if number == 1 => Ok(rest),
        Some(_) => Err(Fault::StrayBom),
        None => Ok(text),
    }
}

/// The bytes of a file, decompressed where need be; gzip is recognised by its first bytes.
pub(super) enum Source {
    /// As stored.
    Plain(BufReader<Hashed>),
    /// Compressed.
    Gzip(Box<BufReader<MultiGzDecoder<BufReader<Hashed>>>>),
}

impl Source {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut stored = BufReader::with_capacity(BUFFER, Hashed::open(path)?);
        if stored.fill_buf()?.starts_with(b"\x1f\x8b") {
            let decoder = MultiGzDecoder::new(stored);
            Ok(Self::Gzip(Box::new(BufReader::with_capacity(BUFFER, decoder))))
        } else {
            Ok(Self::Plain(stored))
        }
    }

    pub(super) fn text(&mut self) -> &mut dyn BufRead {
        match self {
            Self::Plain(reader) => reader,
            Self::Gzip(reader) => reader,
        }
    }

    /// SHA-256 of the whole file as stored, hex.
    pub(super) fn finish(self) -> io::Result<String> {
        let stored = match self {
            Self::Plain(reader) => reader,
            Self::Gzip(reader) => reader.into_inner().into_inner(),
        };
        // What it has buffered was hashed when it was read.
        stored.into_inner().finish()
    }
}

/// A file whose bytes are hashed as they are read.
pub(super) struct Hashed {
    file: File,
    hash: Sha256,
}

impl Hashed {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let hash = Sha256::new();
        Ok(Self { file, hash })
    }

    /// Reads what is left. SHA-256 of the whole file, hex.
    pub(super) fn finish(mut self) -> io::Result<String> {
        io::copy(&mut BufReader::with_capacity(BUFFER, &mut self), &mut io::sink())?;
        Ok(hex(&self.hash.finalize()))
    }
}

impl Read for Hashed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.hash.update(&into[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// What a file of these bytes gives: its lines, its faults as printed (without the path), its record.
    fn read(bytes: &[u8]) -> (Vec<String>, Vec<String>, SourceFile) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, bytes).unwrap();
        let (mut lines, mut problems) = (Vec::new(), Problems::default());
        let file = Lines::open(&path).unwrap().each(&mut problems, |number, text| {
            lines.push(format!("{number} {text}"));
            Ok(())
        });
        let faults = problems
            .shown
            .iter()
            .map(|p| p.to_string().rsplit_once("f:").unwrap().1.to_owned())
            .collect();
        (lines, faults, file.unwrap())
    }

    fn open_error(bytes: &[u8]) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let error = Lines::open(file.path()).err().unwrap().to_string();
        error.replace(&file.path().display().to_string(), "f")
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn line_ends_a_leading_mark_and_a_missing_last_end_do_not_matter() {
        for bytes in ["a b\nc\n", "a b\r\nc\r\n", "\u{feff}a b\nc"] {
            let (lines, faults, file) = read(bytes.as_bytes());
            assert_eq!(lines, ["1 a b", "2 c"]);
            assert!(faults.is_empty());
            assert_eq!(file.rows, 2);
        }
    }

    #[test]
    fn gzip_is_known_by_its_bytes_and_hashed_as_stored() {
        // Two members, as `cat a.gz b.gz` leaves them.
        let stored = [gzip(b"a\n"), gzip(b"b\n")].concat();
        let (lines, _, file) = read(&stored);
        assert_eq!(lines, ["1 a", "2 b"]);
        let digest = Sha256::digest(&stored);
        assert_eq!(
            file.sha256,
            digest.iter().map(|b| format!("{b:02x}")).collect::<String>()
        );
    }

    #[test]
    fn the_hash_is_sha_256() {
        // FIPS 180-2, appendix B.1.
        let (_, _, file) = read(b"abc");
        assert_eq!(
            file.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn faults_name_the_line_and_reading_goes_on() {
        let (lines, faults, _) = read(b"a\n\ncaf\xe9\n\xef\xbb\xbfb\n \t\nc\n");
        assert_eq!(lines, ["1 a", "6 c"]);
        assert_eq!(
            faults,
            [
                "2: blank line; remove it",
                "3: byte 4 is not UTF-8; convert the file, for instance with `iconv -f LATIN1 -t UTF-8`",
                "4: a byte order mark inside the file, as when two files were joined; remove it",
                "5: blank line; remove it",
            ]
        );
    }

    #[test]
    fn files_that_are_no_text_are_refused_whole() {
        assert_eq!(open_error(b""), "f: the file is empty");
        assert_eq!(open_error(&gzip(b"")), "f: the file is empty");
        let utf16 = "f: the file is UTF-16; convert it with `iconv -f UTF-16 -t UTF-8`";
        assert_eq!(open_error(b"\xff\xfea\0"), utf16);
        assert_eq!(open_error(b"\xfe\xff\0a"), utf16);
    }

    #[test]
    fn a_truncated_gzip_file_is_an_error_of_the_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let stored = gzip(b"a line\nand another\n");
        std::fs::write(file.path(), &stored[..stored.len() - 6]).unwrap();
        let lines = Lines::open(file.path()).unwrap();
        let error = lines.each(&mut Problems::default(), |_, _| Ok(())).unwrap_err();
        assert!(matches!(error, DatasetError::Io { .. }), "{error}");
    }

    #[test]
    fn an_absent_file_is_named() {
        let error = Lines::open(Path::new("no/such/file")).err().unwrap();
        assert!(
            error.to_string().starts_with("no/such/file: No such file"),
            "{error}"
        );
    }
}
