use super::*;

fn written(folder: &Path) -> PathBuf {
    let path = folder.join("index");
    let mut writer = IndexWriter::create(&path).unwrap();
    writer.json("facts", &["a", "b"]).unwrap();
    writer
        .section("numbers", &(0..1000u32).collect::<Vec<_>>())
        .unwrap();
    writer.section("floats", &vec![0.5f32; 600_000]).unwrap();
    writer.section::<u8>("nothing", &[]).unwrap();
    let bytes = writer.finish().unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().len(), bytes);
    path
}

/// Reads everything that [`written`] wrote.
fn read(path: &Path) -> Result<(), FileError> {
    let reader = IndexReader::open(path)?;
    assert_eq!(reader.json::<Vec<String>>("facts")?, ["a", "b"]);
    assert_eq!(reader.values::<u32>("numbers")?, (0..1000).collect::<Vec<_>>());
    assert!(reader.values::<u8>("nothing")?.is_empty());
    let rows = reader.rows_on_disk("floats", 60, 10_000)?;
    let mut row = [0.0; 60];
    rows.read(9_999, &mut row)?;
    assert!(row.iter().all(|&x| x.to_bits() == 0.5f32.to_bits()));
    Ok(())
}

#[test]
fn what_was_written_is_read_and_nothing_else_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path());
    read(&path).unwrap();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    drop(IndexWriter::create(&path).unwrap());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn a_file_that_was_cut_off_or_grew_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path());
    let whole = std::fs::read(&path).unwrap();
    for len in [0, 10, 31, 32, 5000, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..len]).unwrap();
        let error = read(&path).unwrap_err();
        match len < HEAD {
            true => assert!(matches!(error, FileError::NoIndex { .. }), "{error}"),
            false => assert_eq!(
                error.to_string(),
                format!("{}: {len} bytes, {} were written", path.display(), whole.len())
            ),
        }
    }
    std::fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
    assert!(matches!(read(&path), Err(FileError::Length { .. })));
}

#[test]
fn an_altered_byte_is_found_and_its_place_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path());
    let whole = std::fs::read(&path).unwrap();
    let altered = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        read(&path).unwrap_err()
    };
    // `facts` has the second page, `numbers` the third, `floats` begins at the fourth.
    let place = |at: usize| match altered(at) {
        FileError::Altered {
            section, from, to, ..
        } => {
            assert!((from..to).contains(&(at as u64)));
            section
        }
        other => panic!("{other}"),
    };
    assert_eq!(
        [4096, 8200, 12_288 + 1_048_576].map(place),
        ["facts", "numbers", "floats"]
    );
    assert_eq!(place(whole.len() - 1), "table");
    for at in [0, 8, 17, 25, 30] {
        assert!(matches!(altered(at), FileError::NoIndex { .. }), "byte {at}");
    }
    let message = altered(8200).to_string();
    assert!(
        message.ends_with("`numbers` was altered, between bytes 8192 and 12192 of the file"),
        "{message}"
    );
}

#[test]
fn other_files_versions_and_shapes_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path());
    let reader = IndexReader::open(&path).unwrap();
    let ends = |error: FileError, end: &str| assert!(error.to_string().ends_with(end), "{error}");
    ends(reader.values::<u8>("other").unwrap_err(), "`other`: is not there");
    ends(
        reader.rows::<u32>("numbers", 3, 300).unwrap_err(),
        "`numbers`: 4000 bytes, 3600 are needed",
    );
    assert!(reader.json::<u32>("facts").is_err());

    let mut bytes = std::fs::read(&path).unwrap();
    bytes[8] = 9;
    let sum = crc32fast::hash(&bytes[..HEAD - 4]);
    bytes[HEAD - 4..HEAD].copy_from_slice(&sum.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    ends(
        read(&path).unwrap_err(),
        "version 9 of the format, this program reads 1",
    );
    let none = folder.path().join("none");
    assert!(matches!(IndexReader::open(&none), Err(FileError::Io { .. })));
}
