//! TREC run files: `query Q0 document rank score tag`, one ranked document per line, plain or gzip.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};

use super::judged::Scratch;
use super::lines::{Entry, RunText};
use super::{Run, ScoredDoc};
use crate::dataset::{DatasetError, Faults, Text};

/// Reads a run. The order is computed from the scores ([`super::by_rank`]); the second and fourth columns and words
/// after the tag are ignored, the tag is that of the last line, blank lines and those that begin with `#` are skipped,
/// all as in trec_eval 10.
///
/// # Errors
/// Every unusable line, up to the limit: too few columns, scores that are no finite numbers, a document twice in one
/// ranking. trec_eval takes `nan` for a score and `high` for 0.
pub fn read(path: &Path) -> Result<Run, DatasetError> {
    let text = Text::open(path)?;
    let run = RunText::new(&text)?;
    let (mut scratch, mut faults) = (Scratch::default(), Faults::default());
    let mut rankings = BTreeMap::new();
    for query in run.queries() {
        scratch.rank(&run, query, |score| score);
        // Of no judgements: what is looked for is documents that are there twice.
        scratch.grades(query.name, &[]);
        faults.append(scratch.take_faults(), 0);
        let scored = |entry: &Entry| ScoredDoc {
            doc: entry.doc.to_owned(),
            score: entry.score,
        };
        let ranking: Vec<ScoredDoc> = scratch.entries().iter().map(scored).collect();
        rankings.insert(query.name.to_owned(), ranking);
    }
    let tag = run.tag().to_owned();
    text.check(faults, Run { tag, rankings })
}

/// Writes a run to a file, compressed when the name ends in `.gz`. Equal runs give equal bytes.
pub fn save(run: &Run, path: &Path) -> io::Result<()> {
    let file = BufWriter::new(File::create(path)?);
    if path.extension().is_some_and(|e| e == "gz") {
        // No name and no time in the header, or equal runs would differ.
        let mut gz = GzBuilder::new().write(file, Compression::default());
        write(run, &mut gz)?;
        gz.finish()?.flush()
    } else {
        let mut file = file;
        write(run, &mut file)?;
        file.flush()
    }
}

/// Writes a run; ranks count from 1.
///
/// A score is printed with the fewest digits that read back as the same number, so that reading the file gives the
/// same order.
///
/// # Errors
/// `InvalidInput` for what no reader would get back: an id or tag that is empty or has white space in it, a score
/// that is not finite.
pub fn write(run: &Run, to: &mut impl Write) -> io::Result<()> {
    let tag = one_word(&run.tag)?;
    for (query, ranking) in &run.rankings {
        let query = one_word(query)?;
        for (i, ScoredDoc { doc, score }) in ranking.iter().enumerate() {
            if !score.is_finite() {
                return Err(invalid(format!("the score of `{doc}` for `{query}` is {score}")));
            }
            writeln!(to, "{query} Q0 {} {} {score:?} {tag}", one_word(doc)?, i + 1)?;
        }
    }
    Ok(())
}

fn one_word(text: &str) -> io::Result<&str> {
    if text.is_empty() || text.contains(char::is_whitespace) {
        let reason = "is empty or has white space in it, which a run file cannot hold";
        return Err(invalid(format!("`{text}` {reason}")));
    }
    Ok(text)
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::by_rank;
    use super::*;

    fn read_text(text: &str) -> Result<Run, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path()).map_err(|e| e.to_string().replace(&file.path().display().to_string(), "run"))
    }

    fn ranking<'a>(run: &'a Run, query: &str) -> Vec<(&'a str, f64)> {
        run.rankings[query]
            .iter()
            .map(|s| (s.doc.as_str(), s.score))
            .collect()
    }

    fn one_query(scored: &[(&str, f64)]) -> Run {
        let ranking = scored.iter().map(|&(doc, score)| ScoredDoc {
            doc: doc.into(),
            score,
        });
        Run {
            tag: "t".into(),
            rankings: BTreeMap::from([("q".to_owned(), ranking.collect())]),
        }
    }

    #[test]
    fn the_order_is_by_score_then_by_id_downwards_whatever_the_rank_column_says() {
        let run =
            read_text("q Q0 d1 1 0.5 a\nq Q0 d10 2 0.5 a\nq Q0 d9\t3 5e-1 a\r\nq Q0 d0 4 2 b\n").unwrap();
        assert_eq!(
            ranking(&run, "q"),
            [("d0", 2.0), ("d9", 0.5), ("d10", 0.5), ("d1", 0.5)]
        );
        assert_eq!(run.tag, "b");
    }

    #[test]
    fn zero_and_minus_zero_tie() {
        let run = read_text("q Q0 a 1 0 t\nq Q0 b 2 -0.0 t\n").unwrap();
        let docs: Vec<&str> = run.rankings["q"].iter().map(|s| s.doc.as_str()).collect();
        assert_eq!(docs, ["b", "a"]);
    }

    #[test]
    fn every_unusable_line_is_named() {
        let text = "q Q0 a 1 2.0 t\nq Q0 b 2 1.0\nq Q0 c 3 nan t\n\nq Q0 d 4 inf t\nq Q0 e 5 high t\nq Q0 a 6 0.5 t\n\u{feff}p Q0 a 1 1 t\n";
        assert_eq!(
            read_text(text).unwrap_err(),
            "run:2: 5 columns, expected 6: query, Q0, document, rank, score, tag\n\
             run:3: the score `nan` is not a finite number\n\
             run:5: the score `inf` is not a finite number\n\
             run:6: the score `high` is not a finite number\n\
             run:7: query `q` ranks document `a` twice, first on line 1\n\
             run:8: a byte order mark inside the file, as when two files were joined; remove it"
        );
        assert_eq!(read_text("").unwrap_err(), "run: the file is empty");
        assert_eq!(read_text("# none\n").unwrap_err(), "run: nothing but comments");
    }

    #[test]
    fn comments_blank_lines_and_further_words_are_skipped_and_queries_may_be_mixed() {
        let text =
            "# a run\nq Q0 a 1 1 t more words\n\np Q0 a 1 1 t\n  q Q0 b 2 2 t\n# end\np Q0 c 2 3 last\n#\n";
        let run = read_text(text).unwrap();
        assert_eq!(ranking(&run, "q"), [("b", 2.0), ("a", 1.0)]);
        assert_eq!(ranking(&run, "p"), [("c", 3.0), ("a", 1.0)]);
        assert_eq!(run.tag, "last");
    }

    #[test]
    fn a_document_that_is_there_three_times_is_two_faults() {
        let text = "q Q0 a 1 1 t\nq Q0 a 2 3 t\nq Q0 a 3 2 t\n";
        assert_eq!(
            read_text(text).unwrap_err(),
            "run:2: query `q` ranks document `a` twice, first on line 1\n\
             run:3: query `q` ranks document `a` twice, first on line 2"
        );
    }

    #[test]
    fn a_run_is_written_in_the_columns_of_trec() {
        let mut bytes = Vec::new();
        write(&one_query(&[("d2", 1.5), ("d1", f64::from(0.1_f32))]), &mut bytes).unwrap();
        let expected = "q Q0 d2 1 1.5 t\nq Q0 d1 2 0.10000000149011612 t\n";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }

    #[test]
    fn what_could_not_be_read_back_is_not_written() {
        let error = write(&one_query(&[("d 1", 1.0)]), &mut Vec::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`d 1` is empty or has white space in it, which a run file cannot hold"
        );
        let error = write(&one_query(&[("d1", f64::NAN)]), &mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "the score of `d1` for `q` is NaN");
        let untagged = Run {
            tag: String::new(),
            ..one_query(&[])
        };
        assert!(write(&untagged, &mut Vec::new()).is_err());
    }

    #[test]
    fn compressed_files_are_equal_for_equal_runs_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let run = one_query(&[("d2", 1.5), ("d1", 1.0)]);
        let (a, b) = (dir.path().join("a.trec.gz"), dir.path().join("b.trec.gz"));
        save(&run, &a).unwrap();
        save(&run, &b).unwrap();
        let bytes = std::fs::read(&a).unwrap();
        assert!(bytes.starts_with(b"\x1f\x8b"));
        assert_eq!(bytes, std::fs::read(&b).unwrap());
        assert_eq!(read(&a).unwrap(), run);
    }

    proptest! {
        #[test]
        fn every_finite_score_survives_a_round_trip(scores in prop::collection::vec(any::<f64>(), 1..9)) {
            let finite = scores.into_iter().filter(|s| s.is_finite());
            let mut docs: Vec<ScoredDoc> = finite
                .enumerate()
                .map(|(i, score)| ScoredDoc { doc: format!("d{i}"), score })
                .collect();
            prop_assume!(!docs.is_empty());
            docs.sort_by(by_rank);
            let run = Run { tag: "t".into(), rankings: BTreeMap::from([("q".to_owned(), docs)]) };
            let mut bytes = Vec::new();
            write(&run, &mut bytes).unwrap();
            prop_assert_eq!(read_text(&String::from_utf8(bytes).unwrap()).unwrap(), run);
        }
    }
}
