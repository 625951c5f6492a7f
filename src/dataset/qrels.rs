//! Judgements as files: BEIR's three columns and TREC's four.

mod table;

use std::io::{self, Write};
use std::path::Path;

use super::lines::Lines;
use super::problem::{DatasetError, Fault, Place, Problems};
use super::{Grade, Qrels, SourceFile};

/// The one header a BEIR file may have; anything else on the first line is taken for a judgement.
const BEIR_HEADER: &str = "query-id\tcorpus-id\tscore";

pub use table::{JudgedQuery, QrelsTable};

/// What a line of TREC judgements looks like.
const WANT: &str = "4: query, iteration, document, grade";

/// Judgements with the line each stood on.
#[derive(Debug)]
pub(super) struct Judgements {
    /// In the order of the file.
    pub(super) rows: Vec<Judgement>,
    pub(super) file: SourceFile,
}

/// One line or row of a judgement file.
#[derive(Debug, PartialEq)]
pub(super) struct Judgement {
    pub(super) query: String,
    pub(super) doc: String,
    pub(super) grade: Grade,
    pub(super) place: Place,
}

/// Reads `query-id <tab> corpus-id <tab> score`, with or without that header.
pub(super) fn read_beir(path: &Path, problems: &mut Problems) -> Result<Judgements, DatasetError> {
    read(path, problems, |number, line| {
        if number == 1 && line == BEIR_HEADER {
            return Ok(None);
        }
        let columns: Vec<&str> = line.split('\t').collect();
        let &[query, doc, grade] = columns.as_slice() else {
            let want = "3 separated by tabs: query-id, corpus-id, score";
            let got = columns.len();
            return Err(Fault::Columns { want, got });
        };
        Ok(Some((query, doc, grade)))
    })
}

/// Reads TREC judgements: `query iteration document grade`, separated by white space; the iteration is ignored.
///
/// # Errors
/// Every unusable line of the file, up to the limit: see [`Fault`].
pub fn read_trec(path: &Path) -> Result<(Qrels, SourceFile), DatasetError> {
    let mut problems = Problems::default();
    let judgements = read_trec_rows(path, &mut problems)?;
    problems.or((collect(judgements.rows), judgements.file))
}

/// The same, with the line of each judgement.
pub(super) fn read_trec_rows(path: &Path, problems: &mut Problems) -> Result<Judgements, DatasetError> {
    read(path, problems, |_, line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let &[query, _, doc, grade] = columns.as_slice() else {
            let got = columns.len();
            return Err(Fault::Columns { want: WANT, got });
        };
        Ok(Some((query, doc, grade)))
    })
}

/// Writes TREC judgements, sorted by query and document; the iteration column is 0.
pub fn write_trec(qrels: &Qrels, to: &mut impl Write) -> io::Result<()> {
    for (query, judged) in &qrels.by_query {
        for (doc, grade) in judged {
            writeln!(to, "{query} 0 {doc} {grade}")?;
        }
    }
    Ok(())
}

/// By query and document.
pub(super) fn collect(rows: Vec<Judgement>) -> Qrels {
    let mut qrels = Qrels::default();
    for row in rows {
        let judged = qrels.by_query.entry(row.query).or_default();
        judged.insert(row.doc, row.grade);
    }
    qrels
}

/// Reads a file whose lines `split` into query, document and grade; `None` is a header.
fn read(
    path: &Path,
    problems: &mut Problems,
    split: impl Fn(usize, &str) -> Result<Option<(&str, &str, &str)>, Fault>,
) -> Result<Judgements, DatasetError> {
    let mut rows = Vec::new();
    let file = Lines::open(path)?.each(problems, |line, text| {
        let Some((query, doc, grade)) = split(line, text)? else {
            return Ok(());
        };
        let grade = grade.parse().map_err(|_| Fault::Grade(grade.to_owned()))?;
        let (query, doc) = (query.to_owned(), doc.to_owned());
        rows.push(Judgement {
            query,
            doc,
            grade,
            place: line.into(),
        });
        Ok(())
    })?;
    if rows.is_empty() && problems.shown.is_empty() {
        return Err(DatasetError::NoJudgements(path.to_owned()));
    }
    note_repeats(path, &rows, problems);
    let rows_read = rows.len();
    Ok(Judgements {
        rows,
        file: SourceFile {
            rows: rows_read,
            ..file
        },
    })
}

/// Notes every pair that is judged a second time.
pub(super) fn note_repeats(path: &Path, rows: &[Judgement], problems: &mut Problems) {
    let mut order: Vec<&Judgement> = rows.iter().collect();
    order.sort_by(|a, b| (&a.query, &a.doc, a.place).cmp(&(&b.query, &b.doc, b.place)));
    for same in order.chunk_by(|a, b| (&a.query, &a.doc) == (&b.query, &b.doc)) {
        for repeat in &same[1..] {
            let fault = Fault::JudgedTwice {
                query: repeat.query.clone(),
                doc: repeat.doc.clone(),
                first: same[0].place,
            };
            problems.push(path, repeat.place, fault);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    /// The judgements of a BEIR file as printed, or its faults.
    fn beir(text: &str) -> Result<Vec<String>, Vec<String>> {
        let mut problems = Problems::default();
        let read = read_beir(file(text).path(), &mut problems).unwrap();
        if problems.shown.is_empty() {
            let print = |r: Judgement| format!("{} {} {}", r.query, r.doc, r.grade);
            Ok(read.rows.into_iter().map(print).collect())
        } else {
            Err(problems
                .shown
                .iter()
                .map(|p| p.to_string().split_once(':').unwrap().1.to_owned())
                .collect())
        }
    }

    #[test]
    fn beir_files_may_have_the_header_or_none() {
        let rows = "q1\td1\t1\nq1\td2\t0\r\nq2\td1\t-1";
        let expected = ["q1 d1 1", "q1 d2 0", "q2 d1 -1"].map(String::from).to_vec();
        assert_eq!(beir(rows), Ok(expected.clone()));
        assert_eq!(beir(&format!("query-id\tcorpus-id\tscore\n{rows}")), Ok(expected));
    }

    #[test]
    fn every_unusable_line_is_named() {
        let text = "query\tdoc\tgrade\nq1\td1\t1.7\nq1\td2\tnan\nq1 d3 1\nq1\td4\t1\nq2\td4\t1\nq1\td4\t2\n";
        assert_eq!(
            beir(text).unwrap_err(),
            [
                "1: the grade `grade` is not a whole number",
                "2: the grade `1.7` is not a whole number",
                "3: the grade `nan` is not a whole number",
                "4: 1 columns, expected 3 separated by tabs: query-id, corpus-id, score",
                "7: query `q1` and document `d4` are judged twice, first on line 5",
            ]
        );
    }

    #[test]
    fn a_header_without_judgements_is_no_judgement_file() {
        let file = file("query-id\tcorpus-id\tscore\n");
        let error = read_beir(file.path(), &mut Problems::default()).unwrap_err();
        assert!(
            error.to_string().ends_with(": a header and no judgements"),
            "{error}"
        );
    }

    #[test]
    fn trec_judgements_survive_a_round_trip() {
        let text = "10 0 d2 1\n10 0 d9 -2\n2 0 d1 0\n";
        let (qrels, record) = read_trec(file(text).path()).unwrap();
        assert_eq!(qrels.grade("10", "d9"), Some(-2));
        assert_eq!(qrels.grade("2", "d2"), None);
        assert_eq!(record.rows, 3);
        let mut written = Vec::new();
        write_trec(&qrels, &mut written).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), text);
    }

    #[test]
    fn trec_faults_come_with_file_and_line() {
        let file = file("1 0 d1 1\n1 0 d2 1 junk\n1 Q0 d1 2\n");
        let path = file.path().display();
        let error = read_trec(file.path()).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "{path}:2: 5 columns, expected 4: query, iteration, document, grade\n\
                 {path}:3: query `1` and document `d1` are judged twice, first on line 1"
            )
        );
    }
}
