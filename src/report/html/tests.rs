use std::collections::BTreeMap;

use super::*;
use crate::report::fixture::{HOSTILE, evaluation, many_cells, two_cells};

/// The part of the page between two markers.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let start = page.find(from).unwrap_or_else(|| panic!("no {from}"));
    let end = page[start..].find(to).unwrap_or_else(|| panic!("no {to}")) + start;
    &page[start..end]
}

#[test]
fn the_page_is_the_same_every_time() {
    assert_eq!(html(&evaluation()), html(&evaluation()));
}

#[test]
fn nothing_is_loaded_and_only_the_page_s_own_script_runs() {
    let page = html(&evaluation());
    let own = assets();
    assert_eq!(
        page.matches("<script").count(),
        2,
        "the data block and the script"
    );
    assert!(page.contains(&format!("<script>{}</script>", own.script)));
    assert!(page.contains(&format!("<style>{}</style>", own.style)));
    assert!(page.contains(&format!("content=\"{}\"", own.policy)));
    let page = page.replace(own.script, "");
    for forbidden in [
        "<link", "<img", "<iframe", "<object", "<embed", "<form", "style=", "@import", "url(", " on",
    ] {
        // Event attributes begin with a blank and `on`; so do words, so only tags are looked at.
        let inside_tags = page
            .split('<')
            .skip(1)
            .map(|t| format!("<{}", t.split('>').next().unwrap_or("")));
        assert!(
            inside_tags
                .filter(|t| t.contains('=') || t.len() < 12)
                .all(|t| !t.contains(forbidden)),
            "{forbidden}"
        );
    }
    assert!(!page.contains("@import") && !page.contains("url("));
    let css = include_str!("../style.css");
    assert!(!css.contains("http") && !css.contains("</"));
    for (i, _) in page.match_indices("http") {
        let around: String = page[i..].chars().take(12).collect();
        assert_eq!(around, "http-equiv=\"", "an address in the page");
    }
    for attribute in ["href=\"", "src=\""] {
        for (i, _) in page.match_indices(attribute) {
            assert!(
                page[i + attribute.len()..].starts_with('#'),
                "{}",
                &page[i..i + 40]
            );
        }
    }
    assert!(!page.contains("unsafe"));
}

#[test]
fn hostile_texts_stay_texts() {
    let page = html(&evaluation());
    assert_eq!(page.matches("</script>").count(), 2, "those of the page");
    assert!(!page.contains("<img"));
    assert!(
        page.matches("img src=x onerror=alert(1)").count() > 5,
        "the text itself is shown in many places"
    );
    assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'));
    assert!(page.contains("␛[31mred ⟨U+202E⟩gpj.exe"));
    assert!(!page.contains(HOSTILE));
}

#[test]
fn tags_are_balanced_and_ids_are_unique() {
    for page in [
        html(&evaluation()),
        html(&many_cells(9)),
        html(&two_cells(0.1, None, (10, 12, 2))),
        html_beside(
            &evaluation(),
            &Beside {
                runs: vec![evaluation()],
                micro: Vec::new(),
            },
        ),
    ] {
        let page = page.replace(assets().script, "");
        let mut open: Vec<&str> = Vec::new();
        for tag in page.split('<').skip(1) {
            let name = tag.split([' ', '>', '/']).next().unwrap();
            if let Some(closing) = tag.strip_prefix('/') {
                let closing = closing.split('>').next().unwrap();
                assert_eq!(open.pop(), Some(closing));
            } else if !matches!(name, "!doctype" | "meta" | "br")
                && !tag.split('>').next().unwrap().ends_with('/')
            {
                open.push(name);
            }
        }
        assert_eq!(open, Vec::<&str>::new());
        let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
        for rest in page.split(" id=\"").skip(1) {
            *ids.entry(rest.split('"').next().unwrap()).or_default() += 1;
        }
        assert!(ids.values().all(|n| *n == 1), "{ids:?}");
        for rest in page.split("href=\"#").skip(1) {
            let target = rest.split('"').next().unwrap();
            assert!(ids.contains_key(target), "nothing is called {target}");
        }
    }
}

#[test]
fn the_verdict_and_the_trust_panel() {
    insta::assert_snapshot!(between(
        &html(&evaluation()),
        "<div class=\"verdict",
        "<h3>Findings"
    ));
}

#[test]
fn the_gates() {
    insta::assert_snapshot!(between(&html(&evaluation()), "<tbody>", "</section>"));
}

#[test]
fn the_leaderboard_has_a_row_for_every_cell() {
    let evaluation = evaluation();
    let page = html(&evaluation);
    for cell in &evaluation.cells {
        assert!(
            page.contains(&format!("<tr id=\"cell-{}\"", cell.cell.id)),
            "{}",
            cell.cell.id
        );
    }
    insta::assert_snapshot!(between(&page, "<table class=\"board\" data-", "</table>"));
}

#[test]
fn a_query_shows_every_stage() {
    let page = html(&evaluation());
    insta::assert_snapshot!(between(
        &page,
        "<div class=\"query-body\" id=\"q-demo-A\">",
        "</div>\n</details>"
    ));
}

#[test]
fn charts_without_numbers_are_left_out_with_a_reason() {
    let page = html(&two_cells(0.1, None, (10, 12, 2)));
    let left_out = ["differences", "latency", "stages", "quality"];
    assert!(
        left_out
            .iter()
            .all(|c| !page.contains(&format!("<figure id=\"chart-{c}")))
    );
    assert!(
        page.contains("is left out: no difference has an interval"),
        "{page}"
    );
    assert!(page.contains("no latency was taken"));
    assert!(page.contains("Not taken in this run."));
}

#[test]
fn every_fact_of_the_manifest_is_on_the_page() {
    let evaluation = evaluation();
    let page = html(&evaluation);
    let manifest = &evaluation.manifest;
    for fact in [
        &manifest.run_id,
        &manifest.started,
        &manifest.spec.sha256,
        &manifest.models["embedder"].sha256,
    ] {
        assert!(page.contains(fact.as_str()), "{fact}");
    }
    assert!(page.contains("Example CPU @ 2.80GHz") && page.contains("16.0 GiB"));
}

/// Relative luminance of WCAG 2.
fn luminance(hex: &str) -> f64 {
    let channel = |i: usize| {
        let c = f64::from(u8::from_str_radix(&hex[i..i + 2], 16).unwrap()) / 255.0;
        if c <= 0.03928 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn text_can_be_read_in_both_themes() {
    let css: &'static str = include_str!("../style.css");
    let root = css.split(":root {").nth(1).unwrap().split('}').next().unwrap();
    // `--page: light-dark(#ffffff, #14171a);`
    let colour = |line: &'static str, theme: usize| {
        let (name, colours) = line.trim().strip_suffix(");")?.split_once(": light-dark(")?;
        Some((name, colours.split(", ").nth(theme)?))
    };
    for theme in [0, 1] {
        let variables: BTreeMap<&str, &str> = root.lines().filter_map(|l| colour(l, theme)).collect();
        for ground in ["--page", "--panel", "--target", "--mark"] {
            for ink in ["--text", "--muted", "--accent", "--good", "--bad", "--warn"] {
                let ratio = contrast(variables[ink], variables[ground]);
                assert!(ratio >= 4.5, "{ink} on {ground}: {ratio:.2}");
            }
        }
        for n in 1..=8 {
            let series = format!("--series-{n}");
            let ratio = contrast(variables[series.as_str()], variables["--page"]);
            assert!(
                ratio >= 4.5,
                "{series}, which carries text of the page's colour: {ratio:.2}"
            );
        }
    }
}

#[test]
fn losses_are_a_section_of_their_own_where_there_are_any() {
    let page = html(&crate::report::fixture::losses::evaluation().0);
    let section = between(&page, "<section id=\"losses\"", "</section>");
    for part in [
        "graph (d)",
        "[−0.090, −0.010]",
        "the whole way",
        "1 lost",
        "</svg>",
    ] {
        assert!(section.contains(part), "no {part} in {section}");
    }
    assert!(page.contains("href=\"#losses\"") && !html(&evaluation()).contains("id=\"losses\""));
}

/// The page that `tests/browser` opens: `.ci/run` says where to put it.
#[test]
fn the_fixture_is_written_where_a_browser_is_to_open_it() {
    let page = html(&crate::report::fixture::losses::evaluation().0);
    assert!(page.contains("id=\"data\""));
    if let Ok(path) = std::env::var("EVALRUN_FIXTURE_REPORT") {
        std::fs::write(path, page).unwrap();
    }
}

#[test]
fn other_runs_and_micro_benchmarks_are_sections_of_their_own() {
    let mut earlier = evaluation();
    earlier.manifest.started = "2026-02-01T08:00:00Z".into();
    earlier.manifest.run_id = "20260201T080000Z-1111111".into();
    let beside = Beside {
        runs: vec![earlier],
        micro: vec![Micro {
            name: "dot/384".into(),
            mean: 40.0,
            interval: (39.5, 41.0),
            median: 40.0,
            throughput: None,
        }],
    };
    let page = html_beside(&evaluation(), &beside);
    let history = between(&page, "<section id=\"history\"", "</section>");
    assert!(history.contains("nDCG@10 over 2 runs") && history.contains("2026-02-01 08:00"));
    let runs = between(&page, "<section id=\"runs\"", "</section>");
    assert!(runs.contains("20260201T080000Z-1111111") && runs.contains("reranked"));
    assert!(between(&page, "<section id=\"micro\"", "</section>").contains("40.0 ns"));
    let alone = html(&evaluation());
    assert!(
        ["history", "runs", "micro"]
            .iter()
            .all(|s| !alone.contains(&format!("<section id=\"{s}\"")))
    );
}

#[test]
fn a_large_run_stays_below_five_megabytes_and_says_what_it_holds_back() {
    let evaluation = crate::report::fixture::large();
    let page = html(&evaluation);
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    assert!(page.contains("all 480 queries, every cell beside every other, lists of "));
}
