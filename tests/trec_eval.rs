//! `evalrun eval` prints what trec_eval prints, byte for byte, on the inputs and outputs of its own test suite.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure report")]

mod shared;

use std::path::Path;
use std::process::Command;

/// The expected output, and the arguments that trec_eval was given for it.
const CASES: [(&str, &[&str], &str, &str); 6] = [
    ("out.test", &[], "qrels.test", "results.test"),
    ("out.test.a", &["-m", "all_trec"], "qrels.test", "results.test"),
    (
        "out.test.aq",
        &["-m", "all_trec", "-q"],
        "qrels.test",
        "results.test",
    ),
    (
        "out.test.aqc",
        &["-m", "all_trec", "-q", "-c"],
        "qrels.test",
        "results.trunc",
    ),
    (
        "out.test.aql",
        &["-m", "all_trec", "-mrelstring.20", "-q", "-l2"],
        "qrels.rel_level",
        "results.test",
    ),
    (
        "out.comment.test",
        &[],
        "qrels.comment.test",
        "results.comment.test.gz",
    ),
];

fn eval(options: &[&str], qrels: &Path, run: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evalrun"));
    command.arg("eval").args(options).arg(qrels).arg(run);
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Version 9 prints these from other levels of recall and has none of the others.
fn is_the_same_in_version_9(line: &&str) -> bool {
    let of_version_10 = ["iprec_at_recall", "11pt_avg", "rbp", "unj"];
    !of_version_10.iter().any(|name| line.starts_with(name))
}

#[test]
fn the_output_is_that_of_trec_eval_10_byte_for_byte() {
    let Some(dir) = shared::shared("conformance/trec_eval") else {
        return;
    };
    for (file, options, qrels, run) in CASES {
        let options = [&["--dialect", "trec_eval-10"], options].concat();
        let printed = eval(&options, &dir.join(qrels), &dir.join(run));
        let expected = std::fs::read_to_string(dir.join(file)).unwrap();
        for (printed, expected) in printed.lines().zip(expected.lines()) {
            assert_eq!(printed, expected, "{file}");
        }
        assert_eq!(printed, expected, "{file}");
    }
}

#[test]
fn version_9_differs_where_its_rules_do() {
    let Some(dir) = shared::shared("conformance/trec_eval") else {
        return;
    };
    let (qrels, run) = (dir.join("qrels.test"), dir.join("results.test"));
    let expected = std::fs::read_to_string(dir.join("out.test.aq")).unwrap();
    let expected: Vec<&str> = expected.lines().filter(is_the_same_in_version_9).collect();
    let printed = eval(&["-m", "all_trec", "-q"], &qrels, &run);
    let same: Vec<&str> = printed.lines().filter(is_the_same_in_version_9).collect();
    assert_eq!(same, expected);
    // In version 10 these are 0.3885, 0.0858 and 0.1962.
    for line in [
        "iprec_at_recall_0.10  \tall\t0.3884",
        "iprec_at_recall_0.60  \tall\t0.0822",
        "11pt_avg              \tall\t0.1958",
    ] {
        assert!(printed.lines().any(|printed| printed == line), "no line {line:?}");
    }
}
