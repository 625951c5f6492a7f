//! The families of measures as a list for people: notation, one sentence, where it comes from.

use super::name::{Family, entries};
use super::{Count, GeometricOf};

/// A family of measures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyInfo {
    /// Canonical name.
    pub name: &'static str,
    /// How its members are written, `k` standing for a cut-off and `r` for a level of recall.
    pub notation: &'static str,
    /// Other names, in lower case.
    pub aliases: &'static [&'static str],
    /// Parameters it takes.
    pub params: &'static [&'static str],
    /// The value for one query, in a sentence.
    pub says: &'static str,
    /// Author and year, or the program and its name there; empty for one of this program's own.
    pub source: &'static str,
    /// Whether an experiment can name it; `evalrun eval` has the others too.
    pub in_specs: bool,
}

/// Every family, in the order of the documentation.
pub fn families() -> Vec<FamilyInfo> {
    entries()
        .map(|entry| {
            let (notation, says, source) = words(entry.family);
            FamilyInfo {
                name: entry.name,
                notation,
                aliases: entry.aliases,
                params: entry.params,
                says,
                source,
                // Sums and geometric means are no means over queries.
                in_specs: !matches!(entry.family, Family::Num(_) | Family::Geometric(_)),
            }
        })
        .collect()
}

/// Notation, sentence, source.
fn words(family: Family) -> (&'static str, &'static str, &'static str) {
    match family {
        Family::Success => (
            "success@k",
            "1 if one of the first k documents is relevant, else 0; success@1 is top-1 accuracy.",
            "trec_eval: success",
        ),
        Family::NDcg => (
            "nDCG, nDCG@k",
            "Discounted gain over that of the ideal order of all judged documents; the gain is the grade, with gain=exp \
             2^grade − 1.",
            "Järvelin and Kekäläinen 2002",
        ),
        Family::Dcg => (
            "DCG, DCG@k",
            "Discounted gain, not divided by the ideal one; with ideal=true that of the ideal order.",
            "Järvelin and Kekäläinen 2002",
        ),
        Family::Rr => (
            "RR, RR@k",
            "1 / rank of the first relevant document, 0 if there is none; its mean is MRR.",
            "trec_eval: recip_rank",
        ),
        Family::Ap => (
            "AP, AP@k",
            "Sum of the precisions at the relevant documents found, over the number of all relevant ones; its mean is MAP.",
            "trec_eval: map",
        ),
        Family::P => (
            "P@k, P(relative=true)@k",
            "Relevant documents among the first k, over k; with relative=true over the most there could be.",
            "trec_eval: P, relative_P",
        ),
        Family::R => (
            "R@k",
            "Relevant documents among the first k, over all relevant ones.",
            "trec_eval: recall",
        ),
        Family::Rprec => (
            "Rprec",
            "Precision at as many documents as are relevant; with mult=x at x times as many.",
            "trec_eval: Rprec",
        ),
        Family::Bpref => (
            "bpref",
            "How seldom judged documents that are not relevant stand above relevant ones; unjudged ones do not count.",
            "Buckley and Voorhees 2004",
        ),
        Family::InfAp => (
            "infAP",
            "Average precision inferred from judgements of a sample.",
            "Yilmaz and Aslam 2006",
        ),
        Family::IPrec => (
            "IPrec@r",
            "Greatest precision at any rank where the share r of the relevant documents is found.",
            "trec_eval: iprec_at_recall",
        ),
        Family::IPrecAvg => (
            "11pt_avg",
            "Mean of IPrec at 0, 0.1, … 1, or at recalls={…}.",
            "trec_eval: 11pt_avg",
        ),
        _ => of_readers_and_sets(family),
    }
}

fn of_readers_and_sets(family: Family) -> (&'static str, &'static str, &'static str) {
    match family {
        Family::Rbp => (
            "RBP, RBP(p=0.8)@k",
            "Rank-biased precision: what a reader gains who goes on to the next document with probability p; with \
             residual=true what unjudged documents could add.",
            "Moffat and Zobel 2008",
        ),
        Family::Err => (
            "ERR, ERR@k",
            "Expected reciprocal rank at which a reader stops, who stops at a good document rather than at a poor one.",
            "Chapelle et al. 2009",
        ),
        Family::NErr => (
            "nERR, nERR@k",
            "ERR over that of the ideal order.",
            "Chapelle et al. 2009",
        ),
        Family::SetP => (
            "SetP",
            "Relevant documents among all retrieved, over retrieved; with relative=true over the most there could be.",
            "trec_eval: set_P, set_relative_P",
        ),
        Family::SetR => (
            "SetR",
            "Relevant documents among all retrieved, over all relevant ones.",
            "trec_eval: set_recall",
        ),
        Family::SetAp => ("SetAP", "SetP times SetR.", "trec_eval: set_map"),
        Family::SetF => (
            "SetF, SetF(beta=0.5)",
            "(b + 1) P R / (b P + R) of SetP and SetR.",
            "trec_eval: set_F",
        ),
        Family::Judged => (
            "Judged@k",
            "Judged documents among the first k, over the documents there.",
            "",
        ),
        Family::Unjudged => (
            "Unjudged@k",
            "Unjudged documents among the first k, over k; less is better.",
            "trec_eval: unj",
        ),
        Family::KnnRecall => (
            "knn_recall@k",
            "Exact nearest neighbours among the first k, over k: against vectors, not judgements.",
            "Aumüller, Bernhardsson and Faithfull 2020",
        ),
        _ => of_trec_eval(family),
    }
}

/// Those that are there so that `evalrun eval` has all that trec_eval has.
fn of_trec_eval(family: Family) -> (&'static str, &'static str, &'static str) {
    match family {
        Family::Num(Count::Queries) => ("NumQ", "Number of queries.", "trec_eval: num_q"),
        Family::Num(Count::Retrieved) => ("NumRet", "Number of documents retrieved.", "trec_eval: num_ret"),
        Family::Num(Count::Relevant) => ("NumRel", "Number of relevant documents.", "trec_eval: num_rel"),
        Family::Num(Count::RelevantRetrieved) => (
            "NumRelRet",
            "Number of relevant documents retrieved.",
            "trec_eval: num_rel_ret",
        ),
        Family::Num(Count::NonrelevantRetrieved) => (
            "NumNonrelRet",
            "Number of documents retrieved that are judged and not relevant.",
            "trec_eval: num_nonrel_judged_ret",
        ),
        Family::Geometric(GeometricOf::Ap) => (
            "gm_AP",
            "AP, whose summary is a geometric mean over queries.",
            "Robertson 2006",
        ),
        Family::Geometric(GeometricOf::Bpref) => (
            "gm_bpref",
            "bpref, whose summary is a geometric mean over queries.",
            "trec_eval: gm_bpref",
        ),
        Family::BinG => (
            "binG",
            "Mean over the relevant documents of 1 / log2(2 + documents above that are not relevant).",
            "trec_eval: binG",
        ),
        Family::G => (
            "G",
            "Gains, each discounted by what is lost so far, over the sum of all gains.",
            "trec_eval: G",
        ),
        Family::NDcgRel => (
            "nDCG_rel",
            "nDCG averaged over the ranks of relevant documents.",
            "trec_eval: ndcg_rel",
        ),
        Family::RNDcg => (
            "RnDCG",
            "nDCG averaged over the ranks at which the gain of the ideal order falls.",
            "trec_eval: Rndcg",
        ),
        // The others have their words above.
        _ => (
            "utility",
            "Weighted sum of relevant and other documents, retrieved and not.",
            "trec_eval: utility",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Measure;

    #[test]
    fn every_notation_is_one_of_its_own_family() {
        for info in families() {
            for written in info.notation.split(", ") {
                let example = written.replace("@k", "@10").replace("@r", "@0.5");
                let measure: Measure = example.parse().unwrap();
                let printed = measure.to_string();
                let name = printed.split(['@', '(']).next().unwrap();
                assert_eq!(name, info.name, "{written}");
            }
        }
    }

    #[test]
    fn every_family_has_words_of_its_own() {
        let all = families();
        for info in &all {
            assert!(info.says.ends_with('.') && info.says.len() > 10, "{}", info.name);
            let same = all.iter().filter(|other| other.says == info.says);
            assert_eq!(same.count(), 1, "{}", info.name);
        }
    }

    #[test]
    fn those_that_are_no_mean_over_queries_are_not_for_specs() {
        for info in families() {
            let written = info.notation.split(", ").next().unwrap();
            let example = written.replace("@k", "@10").replace("@r", "@0.5");
            let measure: Measure = example.parse().unwrap();
            let is_mean = measure.summary() == crate::measure::Summary::Mean;
            assert_eq!(info.in_specs, is_mean, "{}", info.name);
        }
    }
}
