//! Judgements of a TREC file as a table that borrows from its text: nothing is allocated for a line.

use std::ops::Range;

use rayon::prelude::*;

use super::super::Grade;
use super::super::problem::{DatasetError, Fault};
use super::super::text::{Faults, Fields, Text, check_mark, is_comment_or_blank, pieces};
use super::WANT;

/// Judgements by query.
#[derive(Debug)]
pub struct QrelsTable<'t> {
    rows: Vec<Row<'t>>,
    /// Sorted by name.
    queries: Vec<JudgedQuery<'t>>,
}

/// One judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row<'t> {
    query: &'t str,
    doc: &'t str,
    grade: Grade,
    line: usize,
}

/// One query and where its judgements are.
#[derive(Debug, Clone)]
pub struct JudgedQuery<'t> {
    /// Its id.
    pub name: &'t str,
    rows: Range<usize>,
}

impl<'t> QrelsTable<'t> {
    /// Reads `query iteration document grade`, separated by white space. The iteration is ignored; a line that begins
    /// with `#` is a comment.
    ///
    /// # Errors
    /// Every unusable line, up to the limit: the wrong number of columns, blank lines, grades that are no whole
    /// numbers, a pair judged twice. A file of comments alone has no judgements.
    pub fn read(text: &'t Text) -> Result<Self, DatasetError> {
        let found: Vec<Piece> = pieces(text.as_str()).into_par_iter().map(piece).collect();
        let mut rows = Vec::with_capacity(found.iter().map(|piece| piece.rows.len()).sum());
        let (mut faults, mut before) = (Faults::default(), 0);
        for piece in found {
            rows.extend(piece.rows.into_iter().map(|row| Row {
                line: row.line + before,
                ..row
            }));
            faults.append(piece.faults, before);
            before += piece.lines;
        }
        if rows.is_empty() && faults.is_empty() {
            return Err(DatasetError::NoJudgements(text.path().to_owned()));
        }
        let by_pair = |a: &Row, b: &Row| (a.query, a.doc, a.line).cmp(&(b.query, b.doc, b.line));
        if !rows.is_sorted_by(|a, b| by_pair(a, b).is_lt()) {
            rows.par_sort_unstable_by(by_pair);
        }
        repeats(&rows).for_each(|(line, fault)| faults.push(line, fault));
        let queries = queries(&rows);
        text.check(faults, Self { rows, queries })
    }

    /// All queries, sorted by the bytes of their ids.
    pub fn queries(&self) -> &[JudgedQuery<'t>] {
        &self.queries
    }

    /// The judged documents of a query and their grades, sorted by the bytes of their ids.
    pub fn of(&self, query: &JudgedQuery<'t>) -> impl ExactSizeIterator<Item = (&'t str, Grade)> + '_ {
        self.rows[query.rows.clone()]
            .iter()
            .map(|row| (row.doc, row.grade))
    }

    /// Judgements with a grade above 0, of all queries.
    pub fn positive(&self) -> usize {
        self.rows.iter().filter(|row| row.grade > 0).count()
    }
}

/// Part of the text, with line numbers within it.
struct Piece<'t> {
    rows: Vec<Row<'t>>,
    faults: Faults,
    lines: usize,
}

fn piece(text: &str) -> Piece<'_> {
    let (mut rows, mut faults, mut lines) = (Vec::new(), Faults::default(), 0);
    for line in text.lines() {
        lines += 1;
        match row(line, lines) {
            Ok(Some(row)) => rows.push(row),
            Ok(None) => {}
            Err(fault) => faults.push(lines, fault),
        }
    }
    faults.cut();
    Piece { rows, faults, lines }
}

fn row(line: &str, number: usize) -> Result<Option<Row<'_>>, Fault> {
    check_mark(line)?;
    let mut fields = Fields(line);
    let (Some(query), Some(_), Some(doc), Some(grade), None) = (
        fields.next(),
        fields.next(),
        fields.next(),
        fields.next(),
        fields.next(),
    ) else {
        return match Fields(line).count() {
            0 => Err(Fault::Blank),
            _ if is_comment_or_blank(line) => Ok(None),
            got => Err(Fault::Columns { want: WANT, got }),
        };
    };
    if query.starts_with('#') {
        return Ok(None);
    }
    let grade = grade.parse().map_err(|_| Fault::Grade(grade.to_owned()))?;
    Ok(Some(Row {
        query,
        doc,
        grade,
        line: number,
    }))
}

/// Pairs that stand there again, rows being sorted.
fn repeats<'a>(rows: &'a [Row<'_>]) -> impl Iterator<Item = (usize, Fault)> + 'a {
    let same = rows.chunk_by(|a, b| (a.query, a.doc) == (b.query, b.doc));
    same.flat_map(|same| {
        let first = same[0].line;
        same[1..].iter().map(move |row| {
            let fault = Fault::JudgedTwice {
                query: row.query.to_owned(),
                doc: row.doc.to_owned(),
                first: first.into(),
            };
            (row.line, fault)
        })
    })
}

fn queries<'t>(rows: &[Row<'t>]) -> Vec<JudgedQuery<'t>> {
    let mut start = 0;
    let of_one = rows.chunk_by(|a, b| a.query == b.query);
    let query = |rows: &[Row<'t>]| {
        let range = start..start + rows.len();
        start = range.end;
        JudgedQuery {
            name: rows[0].query,
            rows: range,
        }
    };
    of_one.map(query).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content: &str) -> Text {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        Text::open(file.path()).unwrap()
    }

    fn faults(content: &str) -> String {
        let text = text(content);
        let error = QrelsTable::read(&text).unwrap_err().to_string();
        error.replace(&text.path().display().to_string(), "qrels")
    }

    #[test]
    fn judgements_are_sorted_by_the_bytes_of_ids() {
        let text = text("# judged by two people\n10 0 d9 -2\n2\t0  d1 0\r\n10 0 d10 1");
        let table = QrelsTable::read(&text).unwrap();
        let names: Vec<&str> = table.queries().iter().map(|q| q.name).collect();
        assert_eq!(names, ["10", "2"]);
        let of_first: Vec<(&str, Grade)> = table.of(&table.queries()[0]).collect();
        assert_eq!(of_first, [("d10", 1), ("d9", -2)]);
        assert_eq!(table.positive(), 1);
    }

    #[test]
    fn every_unusable_line_is_named() {
        let content = "q 0 a 1\nq 0 b 1.7\nq 0 c nan\nq 0 d abc\n\nq 0 e\nq 0 f 1 x\n\u{feff}q 0 g 1\nq 1 a 2\nq 0 h 99999999999\n";
        assert_eq!(
            faults(content),
            "qrels:2: the grade `1.7` is not a whole number\n\
             qrels:3: the grade `nan` is not a whole number\n\
             qrels:4: the grade `abc` is not a whole number\n\
             qrels:5: blank line; remove it\n\
             qrels:6: 3 columns, expected 4: query, iteration, document, grade\n\
             qrels:7: 5 columns, expected 4: query, iteration, document, grade\n\
             qrels:8: a byte order mark inside the file, as when two files were joined; remove it\n\
             qrels:9: query `q` and document `a` are judged twice, first on line 1\n\
             qrels:10: the grade `99999999999` is not a whole number"
        );
    }

    #[test]
    fn comments_alone_are_no_judgements() {
        assert_eq!(faults("# nothing yet\n"), "qrels: a header and no judgements");
    }
}
