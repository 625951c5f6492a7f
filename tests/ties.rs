//! Ties, and everything else on which tools for run files disagree.
//!
//! Expected values are the outputs of trec_eval 9.0.8 and 10.0 for the same files, unless a test says otherwise. With
//! `EVALRUN_TREC_EVAL_9` and `EVALRUN_TREC_EVAL_10` naming the two programs, random files are compared too.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure report")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

/// Query 10: a tie of seven, ids whose order by bytes is neither that of numbers nor that of a dictionary. Query 2:
/// scores that are equal as float32. Query 9: nothing is relevant. Query 11 is missing from the run, 77 from here.
const QRELS: &str = "\
10 0 d10 1
10 0 d9 2
10 0 d2 0
10 0 D9 1
10 0 é1 1
2 0 a 1
2 0 b 0
2 0 c 2
9 0 a 0
9 0 b 0
11 0 x 1
11 0 y -1
11 0 z 1
";

const RUN: &str = "\
10 Q0 d1 1 3 t
10 Q0 d2 1 3 t
10 Q0 d9 1 3.0 t
10 Q0 d10 1 3 t
10 Q0 D9 1 3 t
10 Q0 é1 1 3 t
10 Q0 zz 1 3 t
2 Q0 a 1 0.100000000 t
2 Q0 b 2 0.100000001 t
2 Q0 c 3 0.1 t
9 Q0 a 1 2 t
9 Q0 b 2 2 t
77 Q0 a 1 2 t
";

const MEASURES: [&str; 12] = [
    "-m",
    "recip_rank",
    "-m",
    "P.1,3",
    "-m",
    "map",
    "-m",
    "ndcg_cut.3",
    "-m",
    "bpref",
    "-m",
    "num_ret",
];

struct Files {
    dir: TempDir,
}

impl Files {
    fn new(qrels: &str, run: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("qrels"), qrels).unwrap();
        std::fs::write(dir.path().join("run"), run).unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// What is printed, what is said, and the exit status.
    fn eval(&self, options: &[&str]) -> (String, String, i32) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evalrun"));
        command
            .current_dir(self.dir.path())
            .arg("eval")
            .args(options)
            .args(["qrels", "run"]);
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            text(output.stdout),
            text(output.stderr),
            output.status.code().unwrap(),
        )
    }

    /// The values of the lines, query by query in order: `10 7 0.7095 …`.
    fn values(&self, options: &[&str]) -> Vec<String> {
        let (printed, said, status) = self.eval(options);
        assert_eq!(status, 0, "{said}");
        let mut rows: Vec<String> = Vec::new();
        let mut of = "";
        for line in printed.lines() {
            let columns: Vec<&str> = line.split('\t').collect();
            if columns[1] != of {
                of = columns[1];
                rows.push(of.to_owned());
            }
            let row = rows.last_mut().unwrap();
            row.push(' ');
            row.push_str(&columns[2..].join(" "));
        }
        rows
    }
}

fn with(options: &[&'static str]) -> Vec<&'static str> {
    [&["-q"], options, &MEASURES].concat()
}

#[test]
fn scores_that_are_equal_as_float32_tie_in_version_9_and_not_in_10() {
    let files = Files::new(QRELS, RUN);
    // num_ret, map, bpref, recip_rank, P_1, P_3, ndcg_cut_3
    assert_eq!(
        files.values(&with(&[])),
        [
            "10 7 0.7095 0.5000 1.0000 1.0000 0.6667 0.6388",
            "2 3 0.8333 0.5000 1.0000 1.0000 0.6667 0.9502",
            "9 2 0.0000 0.0000 0.0000 0.0000 0.0000 0.0000",
            "all 12 0.5143 0.3333 0.6667 0.6667 0.4444 0.5297",
        ]
    );
    assert_eq!(
        files.values(&with(&["--dialect", "trec_eval-10", "-c"])),
        [
            "10 7 0.7095 0.5000 1.0000 1.0000 0.6667 0.6388",
            "11 0 0.0000 0.0000 0.0000 0.0000 0.0000 0.0000",
            "2 3 0.5833 0.0000 0.5000 0.0000 0.6667 0.6697",
            "9 2 0.0000 0.0000 0.0000 0.0000 0.0000 0.0000",
            "all 12 0.3232 0.1250 0.3750 0.2500 0.3333 0.3271",
        ]
    );
}

#[test]
fn missing_queries_have_no_line_in_version_9_and_count_with_c() {
    let files = Files::new(QRELS, RUN);
    assert_eq!(
        files.values(&with(&["-c"])).last().map(String::as_str),
        Some("all 12 0.3857 0.2500 0.5000 0.5000 0.3333 0.3973")
    );
    let (_, said, _) = files.eval(&[]);
    assert_eq!(
        said,
        "note: run: 1 of 4 judged queries are not in the run; they are left out; -c counts them as 0\n\
         note: run: 1 of its queries have no judgements and are left out\n"
    );
    // trec_eval 10.0 stops at query 11; this is its mean over the three others.
    let of_ten = files.values(&with(&["--dialect", "trec_eval-10"]));
    assert_eq!(
        of_ten.last().map(String::as_str),
        Some("all 12 0.4310 0.1667 0.5000 0.3333 0.4444 0.4362")
    );
}

#[test]
fn this_programs_own_dialect_leaves_out_what_is_undefined_and_says_so() {
    let files = Files::new(QRELS, RUN);
    let (printed, _, _) = files.eval(&["--dialect", "evalrun", "-q", "-m", "RR", "-m", "Judged@3"]);
    assert_eq!(
        printed,
        "RR                    \t10\t1.0000\n\
         Judged@3              \t10\t0.6667\n\
         RR                    \t11\t0.0000\n\
         Judged@3              \t11\tundefined\n\
         RR                    \t2\t0.5000\n\
         Judged@3              \t2\t1.0000\n\
         RR                    \t9\tundefined\n\
         Judged@3              \t9\t1.0000\n\
         RR                    \tall\t0.5000\t3/4\n\
         Judged@3              \tall\t0.8889\t3/4\n"
    );
}

#[test]
fn the_range_over_the_orders_of_tied_documents_stands_beside_a_value() {
    let files = Files::new(QRELS, RUN);
    let (printed, _, _) = files.eval(&["--ties", "-q", "-m", "P.3", "-m", "recip_rank", "-m", "11pt_avg"]);
    // Query 10: four of seven tied documents are relevant. Computed by hand: P_3 is 4/7 on average, at least 0 (three
    // others first) and at most 1; 1/rank is 4/7 + 2/7 × 1/2 + 4/35 × 1/3 + 1/35 × 1/4.
    let of_ten: Vec<&str> = printed.lines().take(4).collect();
    assert_eq!(
        of_ten,
        [
            "# measure\tquery\tvalue\tleast\texpected\tgreatest\ttie at the cut-off",
            "recip_rank            \t10\t1.0000\t0.2500\t0.7595\t1.0000\t0",
            "P_3                   \t10\t0.6667\t0.0000\t0.5714\t1.0000\t1",
            "11pt_avg              \t10\t0.7195\t-\t-\t-\t0",
        ]
    );
    let of_all: Vec<&str> = printed.lines().filter(|line| line.contains("\tall\t")).collect();
    assert!(of_all[1].starts_with("P_3                   \tall\t0.4444\t0.2222\t0.4127\t0.5556\t0.3333"));
}

#[test]
fn comments_compression_line_ends_and_further_words_do_not_matter() {
    let files = Files::new(QRELS, RUN);
    let expected = files.values(&with(&[]));
    let commented = |text: &str| format!("# made by hand\n{}#\n", text.replace("\n9 ", "\n# next\n9 "));
    let longer = commented(RUN).replace(" t\n", "  t and more\r\n");
    let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
    compressed.write_all(longer.as_bytes()).unwrap();
    std::fs::write(files.path("run"), compressed.finish().unwrap()).unwrap();
    std::fs::write(files.path("qrels"), commented(QRELS).trim_end_matches('\n')).unwrap();
    assert_eq!(files.values(&with(&[])), expected);
}

#[test]
fn lines_of_queries_may_be_mixed() {
    let mut lines: Vec<&str> = RUN.lines().collect();
    lines.sort_by_key(|line| line.chars().rev().collect::<String>() + line);
    let mixed = Files::new(QRELS, &lines.join("\n"));
    assert_eq!(
        mixed.values(&with(&[])),
        Files::new(QRELS, RUN).values(&with(&[]))
    );
}

/// trec_eval stops here; pytrec_eval has 0.
#[test]
fn a_query_with_grades_below_zero_alone_counts_as_0_and_is_named() {
    let files = Files::new("1 0 a -1\n1 0 b -2\n2 0 a 1\n", "1 Q0 a 1 2 t\n2 Q0 a 1 2 t\n");
    assert_eq!(
        files.values(&["-q", "-m", "map"]),
        ["1 0.0000", "2 1.0000", "all 0.5000"]
    );
    let (_, said, _) = files.eval(&[]);
    assert_eq!(
        said,
        "note: 1 queries have grades below 0 alone; they count as 0, trec_eval stops at them\n"
    );
}

#[test]
fn all_faults_of_a_file_are_told_at_once_and_nothing_is_printed() {
    let run = "1 Q0 a 1 abc t\n1 Q0 b 2 nan t\n1 Q0 c 3 1 t\n5 Q0 c 3 0x10 t\n1 Q0 d 4 1\n1 Q0 c 5 0.5 t\n";
    let files = Files::new("1 0 a 1\n", run);
    let (printed, said, status) = files.eval(&[]);
    assert_eq!((printed.as_str(), status), ("", 3));
    assert_eq!(
        said,
        "error: run:1: the score `abc` is not a finite number\n\
         run:2: the score `nan` is not a finite number\n\
         run:4: the score `0x10` is not a finite number\n\
         run:5: 5 columns, expected 6: query, Q0, document, rank, score, tag\n\
         run:6: query `1` ranks document `c` twice, first on line 3\n"
    );
    let files = Files::new("1 0 a 1.7\n1 0 b\n", "1 Q0 a 1 1 t\n");
    let (_, said, status) = files.eval(&[]);
    assert_eq!(status, 3);
    assert_eq!(
        said,
        "error: qrels:1: the grade `1.7` is not a whole number\n\
         qrels:2: 3 columns, expected 4: query, iteration, document, grade\n"
    );
}

#[test]
fn a_run_of_other_queries_is_a_mistake_and_so_is_an_unknown_measure() {
    let files = Files::new("1 0 a 1\n", "2 Q0 a 1 1 t\n");
    assert_eq!(
        files.eval(&[]),
        (
            String::new(),
            "error: run: none of its queries is judged\n".into(),
            3
        )
    );
    let (_, said, status) = files.eval(&["-m", "ndgc_cut.10", "-m", "P.0", "-m", "prefs"]);
    assert_eq!(status, 2);
    assert_eq!(
        said,
        "error: unknown measure `ndgc_cut`; did you mean `nDCG@10`?\n\
         error: the cut-off `0` is not a whole number from 1\n\
         error: the measure `prefs` is not computed by this version\n"
    );
}

/// The next number of a fixed sequence, below `n`.
fn draw(state: &mut u64, n: u64) -> u64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % n
}

/// Files with ties everywhere, as text.
fn random_files(seed: u64) -> Files {
    let mut state = seed;
    let (mut qrels, mut run) = (String::new(), String::new());
    for query in 0..1 + draw(&mut state, 8) {
        let levels = [1, 2, 4, 1000][draw(&mut state, 4) as usize];
        // A query without a judgement of grade 0 or more stops trec_eval.
        qrels.push_str(&format!("q{query} 0 first 0\n"));
        for doc in 0..40 {
            if draw(&mut state, 2) == 0 {
                let grade = [-2, -1, 0, 0, 1, 1, 2, 3][draw(&mut state, 8) as usize];
                qrels.push_str(&format!("q{query} 0 d{doc} {grade}\n"));
            }
            if doc == 0 || (draw(&mut state, 3) > 0 && draw(&mut state, 8) > 0) {
                let score = draw(&mut state, levels) as f64 / 8.0 + draw(&mut state, 3) as f64 * 1e-9;
                run.push_str(&format!("q{query} Q0 d{doc} 0 {score:.12} t\n"));
            }
        }
    }
    Files::new(&qrels, &run)
}

#[test]
fn random_files_give_the_output_of_trec_eval_itself() {
    for (version, dialect) in [
        ("EVALRUN_TREC_EVAL_9", "trec_eval-9"),
        ("EVALRUN_TREC_EVAL_10", "trec_eval-10"),
    ] {
        let Some(program) = std::env::var_os(version) else {
            continue;
        };
        for seed in 0..40 {
            let files = random_files(seed);
            let options = match seed % 4 {
                0 => &["-q", "-m", "all_trec"][..],
                1 => &["-q", "-m", "all_trec", "-c", "-l2"],
                2 => &["-q", "-m", "all_trec", "-M7"],
                _ => &[
                    "-q",
                    "-m",
                    "official",
                    "-m",
                    "ndcg.1=3,2=9",
                    "-m",
                    "success.2",
                    "-m",
                    "set_F.0.5",
                ],
            };
            let (printed, _, _) = files.eval(&[&["--dialect", dialect], options].concat());
            assert_eq!(
                without_rbp(&printed),
                without_rbp(&theirs(Path::new(&program), &files, options)),
                "{dialect} {seed}"
            );
        }
    }
}

/// `rbp` reads memory that was never written.
fn without_rbp(printed: &str) -> Vec<&str> {
    printed.lines().filter(|line| !line.starts_with("rbp ")).collect()
}

fn theirs(program: &Path, files: &Files, options: &[&str]) -> String {
    let mut command = Command::new(program);
    command
        .args(options)
        .arg(files.path("qrels"))
        .arg(files.path("run"));
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
