//! Matrices that cannot be read, and the message about each.

use evalrun::dataset::Source;
use evalrun::vectors::Metric;

use crate::Folder;
use crate::files::{bin, f32s, fvecs, i32s, ivecs, npy, npy_of};
use crate::matrices::set;

#[test]
fn documents_that_cannot_be_read_are_named_with_place_and_way_out() {
    let two = fvecs(&[&[1.0, 2.0], &[3.0, 4.0]]);
    let with = |at: usize, value: &[u8]| {
        let mut bytes = two.clone();
        bytes[at..at + value.len()].copy_from_slice(value);
        bytes
    };
    let four = f32s(&[1.0, 2.0, 3.0, 4.0]);
    let resave = "save it with `numpy.save(path, numpy.ascontiguousarray(a, dtype='float32'))`";
    let known = "vectors are read from `.fvecs`, `.bvecs`, `.fbin`, `.u8bin`, `.i8bin` and `.npy`";
    let format = "is this the format that the name tells?";
    let nan = f32::NAN.to_le_bytes();
    let cases: Vec<(&str, Vec<u8>, String)> = vec![
        ("a.fvecs", vec![], "the file is empty".into()),
        ("a.fvecs", vec![2, 0], "the file ends in its header, after 2 of 4 bytes; get it again".into()),
        ("a.fvecs", two[..21].to_vec(), "the file ends in row 1 (from 0), after 9 of its 12 bytes; get it again".into()),
        ("a.fvecs", two[..8].to_vec(), "the file ends in row 0 (from 0), after 8 of its 12 bytes; get it again".into()),
        ("a.fvecs", [&two[..], &[9]].concat(), "the file ends in row 2 (from 0), after 1 of its 12 bytes; get it again".into()),
        (
            "a.fvecs",
            fvecs(&[&[1.0, 2.0], &[3.0, 4.0, 5.0], &[6.0, 7.0]]),
            "row 1 (from 0, at byte 12) has 3 values, the first has 2; the file is damaged: get it again".into(),
        ),
        (
            "a.fvecs",
            with(12, &3i32.to_le_bytes()),
            "row 1 (from 0, at byte 12) has 3 values, the first has 2; the file is damaged: get it again".into(),
        ),
        (
            "a.fvecs",
            with(12, &(-2i32).to_le_bytes()),
            "row 1 (from 0, at byte 12) has -2 values, the first has 2; the file is damaged: get it again".into(),
        ),
        ("a.fvecs", with(0, &[0; 4]), format!("row 0 says that it has 0 values, which is not 1 to 65536; {format}")),
        ("a.fvecs", with(0, &(-1i32).to_le_bytes()), format!("row 0 says that it has -1 values, which is not 1 to 65536; {format}")),
        (
            "a.fvecs",
            i32::MAX.to_le_bytes().to_vec(),
            format!("row 0 says that it has 2147483647 values, which is not 1 to 65536; {format}"),
        ),
        ("a.bvecs", vec![0, 1, 0, 0, 7], "the file ends in row 0 (from 0), after 5 of its 260 bytes; get it again".into()),
        (
            "a.fvecs",
            with(20, &nan),
            "row 1, column 1 (from 0) has the value NaN; make these vectors again or leave them out".into(),
        ),
        (
            "a.fvecs",
            fvecs(&[&[f32::NEG_INFINITY, 1.0], &[1.0, f32::NAN], &[2.0, 1.0], &[f32::NAN, 0.0]]),
            "row 0, column 0 (from 0) has the value -inf, and so have 2 further rows; make these vectors again or leave \
             them out"
                .into(),
        ),
        ("a.fbin", vec![], "the file is empty".into()),
        ("a.fbin", vec![1, 0, 0, 0], "the file ends in its header, after 4 of 8 bytes; get it again".into()),
        (
            "a.fbin",
            bin(2, 2, &four[..13]),
            "the header says 2 rows of 2 values, 24 bytes in all, but the file has 21 and ends in row 1 (from 0); get it \
             again"
                .into(),
        ),
        (
            "a.fbin",
            bin(2, 2, &[&four[..], &four[..]].concat()),
            "the header says 2 rows of 2 values, 24 bytes in all, but the file has 40; what are the bytes behind the last \
             row?"
                .into(),
        ),
        (
            "a.fbin",
            bin(4_000_000_000, 1000, &[]),
            "the header says 4000000000 rows of 1000 values, 16000000000008 bytes in all, but the file has 8 and ends in \
             row 0 (from 0); get it again"
                .into(),
        ),
        ("a.fbin", bin(0, 2, &[]), "the header says 0 rows of 2 values: there is nothing in it".into()),
        ("a.u8bin", bin(2, 0, &[]), "the header says 2 rows of 0 values: there is nothing in it".into()),
        (
            "a.u8bin",
            bin(1, u32::MAX, &[]),
            format!("the header says 1 rows of 4294967295 values, more than 65536; {format}"),
        ),
        ("a.npy", vec![], "the file is empty".into()),
        ("a.npy", b"\x93NUMPY".to_vec(), "the file ends in its header, after 6 of 10 bytes; get it again".into()),
        ("a.npy", vec![b'x'; 64], "no NumPy array: it does not begin with `\\x93NUMPY`".into()),
        (
            "a.npy",
            npy("'<f4'", "2, 2", &four)[..60].to_vec(),
            "the file ends in its header, after 50 of 118 bytes; get it again".into(),
        ),
        (
            "a.npy",
            b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(),
            format!("a header of 4294967295 bytes is not that of a plain array; {resave}"),
        ),
        (
            "a.npy",
            npy_of("{'descr': '<f4', 'fortran_order': False, ", &[]),
            "the header cannot be read: could not parse Python expression: ".into(),
        ),
        (
            "a.npy",
            npy_of("{'descr': '<f4', 'shape': (2, 2), }", &[]),
            "the header cannot be read: dict is missing key 'fortran_order'".into(),
        ),
        (
            "a.npy",
            npy_of("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }", &four),
            format!("the array is stored column by column; {resave}"),
        ),
        ("a.npy", npy("'|O'", "2, 2", &four), format!("the array holds Python objects (`|O`); {resave}")),
        ("a.npy", npy("'<U3'", "2, 2", &[0; 48]), format!("the array holds texts (`<U3`); {resave}")),
        ("a.npy", npy("'|b1'", "2, 2", &[0; 4]), format!("the array holds truth values (`|b1`); {resave}")),
        ("a.npy", npy("'<c8'", "2, 2", &[0; 32]), format!("the array holds complex numbers (`<c8`); {resave}")),
        (
            "a.npy",
            npy("'<f16'", "1, 1", &[0; 16]),
            format!("the array holds no numbers that are read here (`<f16`); {resave}"),
        ),
        ("a.npy", npy("[('a', '<f4'), ('b', '<i4')]", "2, ", &four), format!("the array holds records; {resave}")),
        ("a.npy", npy(&"(".repeat(1000), "2, ", &four), format!("the array holds records; {resave}")),
        (
            "a.npy",
            npy("'<f4'", "4, ", &four),
            "an array of shape (4); two dimensions are wanted: rows, and values of a row".into(),
        ),
        (
            "a.npy",
            npy("'<f4'", "1, 2, 2", &four),
            "an array of shape (1, 2, 2); two dimensions are wanted: rows, and values of a row".into(),
        ),
        ("a.npy", npy("'<f4'", "0, 2", &[]), "the header says 0 rows of 2 values: there is nothing in it".into()),
        (
            "a.npy",
            npy("'<f4'", "99999999999, 4", &[]),
            "99999999999 rows; 4294967295 can be searched at most".into(),
        ),
        (
            "a.npy",
            npy("'<f4'", "2, 2", &four[..15]),
            "the header says 2 rows of 2 values, 144 bytes in all, but the file has 143 and ends in row 1 (from 0); get it \
             again"
                .into(),
        ),
        (
            "a.npy",
            npy("'<f4'", "2, 1", &four),
            "the header says 2 rows of 1 values, 136 bytes in all, but the file has 144; what are the bytes behind the \
             last row?"
                .into(),
        ),
        (
            "a.npy",
            npy("'<f8'", "1, 1", &1e300f64.to_le_bytes()),
            "row 0, column 0 (from 0) has the value inf; make these vectors again or leave them out".into(),
        ),
        ("a.vec", two.clone(), format!("the suffix `.vec` is not one of these; {known}")),
        ("a.ivecs", two.clone(), format!("the suffix `.ivecs` is not one of these; {known}")),
        ("a", two.clone(), format!("a name without suffix; {known}")),
        ("a.fvecs.gz", two.clone(), format!("compressed, unpack it first; {known}")),
    ];
    for (name, bytes, message) in cases {
        let folder = Folder::new();
        folder.write(name, &bytes);
        let error = folder.error(Source::Arrays(folder.arrays(name, name)));
        let expected = format!("{name}: {message}");
        // What the parser of Python's literals says is its own.
        assert!(
            error == expected || message.ends_with("expression: ") && error.starts_with(&expected),
            "\n{error}\n{expected}"
        );
    }
}

#[test]
fn only_cosine_minds_rows_of_zeros() {
    let (folder, mut source) = set();
    folder.write("base.fvecs", fvecs(&[&[0.0, 0.0, 1.0], &[0.0; 3], &[-0.0; 3]]));
    assert_eq!(folder.load(Source::Arrays(source.clone())).docs.len(), 3);
    source.metric = Metric::Cosine;
    let zeros = "base.fvecs: row 1 (from 0) has only zeros, and so has 1 further row; such a row has no direction to \
                 compare by cosine: leave it out, or compare by `dot` or `l2`";
    assert_eq!(folder.error(Source::Arrays(source.clone())), zeros);
    folder.write(
        "base.fvecs",
        fvecs(&[&[0.0, 0.0, f32::NAN], &[0.0; 3], &[-0.0; 3]]),
    );
    assert_eq!(
        folder.error(Source::Arrays(source)),
        format!(
            "base.fvecs: row 0, column 2 (from 0) has the value NaN; make these vectors again or leave them out\n{zeros}"
        )
    );
}

#[test]
fn files_that_do_not_go_together_are_both_named() {
    let (folder, source) = set();
    folder.write("query.fvecs", fvecs(&[&[0.0, 3.0]]));
    assert_eq!(
        folder.error(Source::Arrays(source)),
        "query.fvecs: rows of 2 values, but those of base.fvecs have 3; take the queries that were made with those documents"
    );
    let (folder, mut source) = set();
    folder.write("p.jsonl", "{}\n{}\n{}\n");
    source.payload = Some(folder.path("p.jsonl"));
    assert_eq!(
        folder.error(Source::Arrays(source)),
        "p.jsonl: 3 lines, but base.fvecs has 4 rows; a line of payload is wanted for each, `{}` for none"
    );
    let (folder, mut source) = set();
    folder.write("p.jsonl", "{}\n[]\n\n{\"a\": NaN}\n");
    source.payload = Some(folder.path("p.jsonl"));
    assert_eq!(
        folder.error(Source::Arrays(source)),
        "p.jsonl:2: malformed JSON at column 1: expected an object `{…}`, found a list\n\
         p.jsonl:3: blank line; remove it\n\
         p.jsonl:4: `NaN` at column 7 is not JSON; leave the field out or write null"
    );
}

#[test]
fn neighbours_that_cannot_be_right_are_named() {
    let distances = bin(2, 1, &[i32s(&[0, 1]), f32s(&[0.5, 0.5])].concat());
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "t.ivecs",
            ivecs(&[&[1, 0], &[3, 4]]),
            "row 1 (from 0): neighbour 1 (from 0) is 4, but the documents are 0 to 3",
        ),
        (
            "t.ivecs",
            ivecs(&[&[-1, 0], &[3, 2]]),
            "row 0 (from 0): neighbour 0 (from 0) is -1, and others follow; only the end of a list is padded with -1",
        ),
        (
            "t.ivecs",
            ivecs(&[&[-7], &[3]]),
            "row 0 (from 0): neighbour 0 (from 0) is -7, but the documents are 0 to 3",
        ),
        (
            "t.ivecs",
            ivecs(&[&[1], &[2], &[3]]),
            "3 lists of neighbours, but query.fvecs has 2 queries; take those that belong together",
        ),
        (
            "t.ibin",
            distances[..23].to_vec(),
            "the header says 2 rows of 1 values, 16 bytes in all, but the file has 23; what are the bytes behind the last \
             row?",
        ),
        (
            "t.npy",
            npy("'<f4'", "2, 1", &f32s(&[0.0, 1.0])),
            "holds fractions, but neighbours are whole numbers: rows of \
          the documents' file, from 0",
        ),
        (
            "t.npy",
            npy("'<u8'", "2, 1", &[255; 16]),
            "row 0 (from 0): neighbour 0 (from 0) is 9223372036854775807, but the \
          documents are 0 to 3",
        ),
        (
            "t.fvecs",
            fvecs(&[&[0.0], &[1.0]]),
            "the suffix `.fvecs` is not one of these; neighbours are read from `.ivecs`, \
          `.ibin` and `.npy`",
        ),
    ];
    for (name, bytes, message) in cases {
        let (folder, mut source) = set();
        folder.write(name, bytes);
        source.neighbours = Some(folder.path(name));
        // A limit makes the neighbours useless, not right.
        source.limit = Some(1);
        assert_eq!(folder.error(Source::Arrays(source)), format!("{name}: {message}"));
    }
}
