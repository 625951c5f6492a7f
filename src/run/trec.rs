//! TREC run files: `query Q0 document rank score tag`, one ranked document per line, plain or gzip.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};

use super::{Run, ScoredDoc, by_rank};
use crate::dataset::lines::Lines;
use crate::dataset::{DatasetError, Fault, Problems};

/// Reads a run. The order is computed from the scores ([`by_rank`]); the second and fourth columns are ignored, and
/// the tag is that of the last line, all as in trec_eval.
///
/// # Errors
/// Every unusable line, up to the limit: wrong number of columns, blank lines, scores that are no finite numbers, a
/// document twice in one ranking. trec_eval takes `nan` for a score and skips words after the tag; this reader does
/// neither.
pub fn read(path: &Path) -> Result<Run, DatasetError> {
    let mut problems = Problems::default();
    let mut tag = String::new();
    let mut rankings: BTreeMap<String, Vec<(ScoredDoc, usize)>> = BTreeMap::new();
    Lines::open(path)?.each(&mut problems, |number, text| {
        let columns: Vec<&str> = text.split_whitespace().collect();
        let &[query, _, doc, _, score, name] = columns.as_slice() else {
            let want = "6: query, Q0, document, rank, score, tag";
            let got = columns.len();
            return Err(Fault::Columns { want, got });
        };
        let scored = ScoredDoc {
            doc: doc.to_owned(),
            score: parse_score(score)?,
        };
        // A look-up with `&str` first: the query's name is allocated once, not for every line.
        match rankings.get_mut(query) {
            Some(ranking) => ranking.push((scored, number)),
            None => {
                rankings.insert(query.to_owned(), vec![(scored, number)]);
            }
        }
        name.clone_into(&mut tag);
        Ok(())
    })?;
    for (query, ranking) in &mut rankings {
        note_repeats(path, query, ranking, &mut problems);
        ranking.sort_by(|(a, _), (b, _)| by_rank(a, b));
    }
    let strip = |ranking: Vec<(ScoredDoc, usize)>| ranking.into_iter().map(|(scored, _)| scored).collect();
    let rankings = rankings
        .into_iter()
        .map(|(query, ranking)| (query, strip(ranking)))
        .collect();
    problems.or(Run { tag, rankings })
}

fn parse_score(text: &str) -> Result<f64, Fault> {
    match text.parse::<f64>() {
        Ok(score) if score.is_finite() => Ok(score),
        _ => Err(Fault::Score(text.to_owned())),
    }
}

fn note_repeats(path: &Path, query: &str, ranking: &mut [(ScoredDoc, usize)], problems: &mut Problems) {
    ranking.sort_by(|(a, _), (b, _)| a.doc.cmp(&b.doc));
    for same in ranking.chunk_by(|(a, _), (b, _)| a.doc == b.doc) {
        for (repeat, line) in &same[1..] {
            let fault = Fault::RankedTwice {
                query: query.to_owned(),
                doc: repeat.doc.clone(),
                first: same[0].1,
            };
            problems.push(path, *line, fault);
        }
    }
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
        let text = "q Q0 a 1 2.0 t\nq Q0 b 2 1.0 t x\nq Q0 c 3 nan t\n\nq Q0 d 4 inf t\nq Q0 e 5 high t\nq Q0 a 6 0.5 t\n";
        assert_eq!(
            read_text(text).unwrap_err(),
            "run:2: 7 columns, expected 6: query, Q0, document, rank, score, tag\n\
             run:3: the score `nan` is not a finite number\n\
             run:4: blank line; remove it\n\
             run:5: the score `inf` is not a finite number\n\
             run:6: the score `high` is not a finite number\n\
             run:7: query `q` ranks document `a` twice, first on line 1"
        );
        assert_eq!(read_text("").unwrap_err(), "run: the file is empty");
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
