//! Looking a file of records over: how many there are, and which of them are damaged.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::Crc;

use super::{CRC_BYTES, CacheError, KEY_BYTES, checksum};

/// What a file of records holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Values of a record; `None` when no record is whole, so that nothing tells.
    pub values: Option<usize>,
    /// Records, damaged ones included.
    pub records: u64,
    /// Positions of those that are damaged, from 1.
    pub damaged: Vec<u64>,
    /// Bytes behind the last record: part of one that was cut off. The next write drops them.
    pub torn: u64,
}

/// Most values a record may have; no model's vectors are as long.
const MOST_VALUES: usize = 1 << 14;
/// Records from the beginning in which a whole one is looked for.
const TRIED: u64 = 4;

/// Reads a file of records from one end to the other. How long a record is stands nowhere: the checksum tells, as it is
/// right after as many values as there are and nowhere else.
///
/// # Errors
/// When the file cannot be read.
pub fn audit(path: &Path) -> Result<Audit, CacheError> {
    let failed = |source| CacheError {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    let Some(values) = width(&mut file, bytes).map_err(failed)? else {
        return Ok(Audit {
            values: None,
            records: 0,
            damaged: Vec::new(),
            torn: bytes,
        });
    };
    let size = record_bytes(values);
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut record = vec![0; size];
    let mut damaged = Vec::new();
    let records = bytes / size as u64;
    for n in 1..=records {
        reader.read_exact(&mut record).map_err(failed)?;
        let (body, crc) = record.split_at(size - CRC_BYTES);
        if crc != checksum(body) {
            damaged.push(n);
        }
    }
    Ok(Audit {
        values: Some(values),
        records,
        damaged,
        torn: bytes % size as u64,
    })
}

fn record_bytes(values: usize) -> usize {
    KEY_BYTES + values * size_of::<f32>() + CRC_BYTES
}

/// Values per record, by the first record that is whole.
fn width(file: &mut File, bytes: u64) -> std::io::Result<Option<usize>> {
    // The first record is nearly always whole, and then one pass over it is enough.
    let head = read_at(file, 0, record_bytes(MOST_VALUES))?;
    let mut crc = Crc::new();
    crc.update(head.get(..KEY_BYTES).unwrap_or_default());
    for values in 1..=MOST_VALUES {
        let end = record_bytes(values) - CRC_BYTES;
        let Some(sum) = head.get(end..end + CRC_BYTES) else {
            break;
        };
        crc.update(&head[end - size_of::<f32>()..end]);
        if sum == crc.sum().to_le_bytes() {
            return Ok(Some(values));
        }
    }
    for values in 1..=MOST_VALUES {
        let size = record_bytes(values);
        for n in 1..TRIED {
            if (n + 1) * size as u64 > bytes {
                break;
            }
            let record = read_at(file, n * size as u64, size)?;
            let (body, sum) = record.split_at(size - CRC_BYTES);
            if sum == checksum(body) {
                return Ok(Some(values));
            }
        }
    }
    Ok(None)
}

/// At most `most` bytes from `start` on.
fn read_at(file: &mut File, start: u64, most: usize) -> std::io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = vec![0; most];
    let mut have = 0;
    while have < most {
        match file.read(&mut bytes[have..]) {
            Ok(0) => break,
            Ok(n) => have += n,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    bytes.truncate(have);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::{RecordFile, key};
    use super::*;

    /// Five records of three values: 48 bytes each.
    fn file(dir: &tempfile::TempDir) -> std::path::PathBuf {
        let path = dir.path().join("a.f32");
        let file = RecordFile::new(path.clone(), 3);
        let rows: Vec<[f32; 3]> = (0..5).map(|n| [n as f32, 0.5, -1.0]).collect();
        let keys = rows.iter().enumerate();
        file.append(keys.map(|(n, row)| (key(&[&n.to_string()]), row.as_slice())))
            .unwrap();
        path
    }

    fn altered(bytes: &[usize], cut: usize) -> Audit {
        let dir = tempfile::tempdir().unwrap();
        let path = file(&dir);
        let mut content = std::fs::read(&path).unwrap();
        assert_eq!(content.len(), 5 * 48);
        bytes.iter().for_each(|at| content[*at] ^= 1);
        std::fs::write(&path, &content[..content.len() - cut]).unwrap();
        audit(&path).unwrap()
    }

    fn found(damaged: &[u64], records: u64, torn: u64) -> Audit {
        Audit {
            values: Some(3),
            records,
            damaged: damaged.to_vec(),
            torn,
        }
    }

    #[test]
    fn the_checksums_tell_how_long_a_record_is() {
        assert_eq!(altered(&[], 0), found(&[], 5, 0));
    }

    #[test]
    fn damage_is_found_wherever_it_is_and_costs_one_record() {
        assert_eq!(altered(&[100], 0), found(&[3], 5, 0));
        assert_eq!(altered(&[0, 239], 0), found(&[1, 5], 5, 0), "the first one too");
        assert_eq!(altered(&[], 7), found(&[], 4, 41));
    }

    #[test]
    fn without_a_whole_record_nothing_tells() {
        let audit = altered(&[0, 50, 100, 150, 200], 0);
        assert_eq!((audit.values, audit.records, audit.torn), (None, 0, 240));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("empty");
        std::fs::write(&path, "").unwrap();
        assert_eq!(self::audit(&path).unwrap().torn, 0);
        assert!(self::audit(&dir.path().join("none")).is_err());
    }
}
