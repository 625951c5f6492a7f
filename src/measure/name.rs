//! The names of measures, and how a measure is written.

use std::fmt;

use super::{Count, Gain, GeometricOf, Measure, Real, SetMeasure};

/// A measure without its parameters and cut-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Success,
    NDcg,
    Dcg,
    Rr,
    Ap,
    P,
    R,
    Rprec,
    Bpref,
    InfAp,
    IPrec,
    IPrecAvg,
    Rbp,
    Err,
    NErr,
    SetP,
    SetR,
    SetAp,
    SetF,
    Num(Count),
    Judged,
    Unjudged,
    Geometric(GeometricOf),
    BinG,
    G,
    NDcgRel,
    RNDcg,
    Utility,
    KnnRecall,
}

/// A family, its canonical name, other names in lower case, and the parameters it takes.
pub(super) struct Entry {
    pub(super) family: Family,
    pub(super) name: &'static str,
    pub(super) aliases: &'static [&'static str],
    pub(super) params: &'static [&'static str],
}

const fn entry(
    family: Family,
    name: &'static str,
    aliases: &'static [&'static str],
    params: &'static [&'static str],
) -> Entry {
    Entry {
        family,
        name,
        aliases,
        params,
    }
}

const REL: &[&str] = &["rel"];
const GAIN: &[&str] = &["gain", "gains"];
const NONE: &[&str] = &[];
const NUM_NONREL: &[&str] = &["num_nonrel_judged_ret"];

/// Upper and lower case are not told apart.
pub(super) const ENTRIES: [Entry; 33] = [
    entry(Family::Success, "success", &["hit", "hit_rate", "accuracy"], REL),
    entry(Family::NDcg, "nDCG", &["ndcg_cut"], GAIN),
    entry(Family::Dcg, "DCG", NONE, &["gain", "gains", "ideal"]),
    entry(Family::Rr, "RR", &["mrr", "recip_rank"], REL),
    entry(Family::Ap, "AP", &["map", "map_cut"], REL),
    entry(
        Family::P,
        "P",
        &["precision", "relative_p", "r_cap"],
        &["rel", "relative"],
    ),
    entry(Family::R, "R", &["recall"], REL),
    entry(Family::Rprec, "Rprec", &["rprec_mult"], &["rel", "mult"]),
    entry(Family::Bpref, "bpref", NONE, REL),
    entry(Family::InfAp, "infAP", NONE, REL),
    entry(Family::IPrec, "IPrec", &["iprec_at_recall"], REL),
    entry(Family::IPrecAvg, "11pt_avg", &["11pt"], &["rel", "recalls"]),
    entry(Family::Rbp, "RBP", NONE, &["rel", "p", "graded", "residual"]),
    entry(Family::Err, "ERR", NONE, &["max"]),
    entry(Family::NErr, "nERR", NONE, &["max"]),
    entry(
        Family::SetP,
        "SetP",
        &["set_p", "set_relative_p"],
        &["rel", "relative"],
    ),
    entry(Family::SetR, "SetR", &["set_recall"], REL),
    entry(Family::SetAp, "SetAP", &["set_map"], REL),
    entry(Family::SetF, "SetF", &["set_f"], &["rel", "beta"]),
    entry(Family::Num(Count::Queries), "NumQ", &["num_q"], NONE),
    entry(Family::Num(Count::Retrieved), "NumRet", &["num_ret"], NONE),
    entry(Family::Num(Count::Relevant), "NumRel", &["num_rel"], REL),
    entry(
        Family::Num(Count::RelevantRetrieved),
        "NumRelRet",
        &["num_rel_ret"],
        REL,
    ),
    entry(
        Family::Num(Count::NonrelevantRetrieved),
        "NumNonrelRet",
        NUM_NONREL,
        REL,
    ),
    entry(Family::Judged, "Judged", NONE, NONE),
    entry(Family::Unjudged, "Unjudged", &["unj"], NONE),
    entry(
        Family::Geometric(GeometricOf::Ap),
        "gm_AP",
        &["gmap", "gm_map"],
        REL,
    ),
    entry(Family::Geometric(GeometricOf::Bpref), "gm_bpref", NONE, REL),
    entry(Family::BinG, "binG", NONE, REL),
    entry(Family::G, "G", NONE, GAIN),
    entry(Family::NDcgRel, "nDCG_rel", NONE, GAIN),
    entry(Family::RNDcg, "RnDCG", NONE, GAIN),
    entry(Family::KnnRecall, "knn_recall", NONE, NONE),
];

/// Apart from the others, which fit on a line.
pub(super) const UTILITY: Entry = entry(
    Family::Utility,
    "utility",
    NONE,
    &["rel", "found", "noise", "missed", "spared", "docs"],
);

/// All families.
pub(super) fn entries() -> impl Iterator<Item = &'static Entry> {
    const LAST: &Entry = &UTILITY;
    ENTRIES.iter().chain([LAST])
}

impl Family {
    /// Its line in the table.
    pub(super) fn entry(self) -> &'static Entry {
        entries()
            .find(|entry| entry.family == self)
            .unwrap_or(&ENTRIES[0])
    }

    pub(super) fn name(self) -> &'static str {
        self.entry().name
    }
}

/// Weights of `utility` at their defaults: found, noise, missed, spared.
pub(super) const UTILITY_WEIGHTS: [f64; 4] = [1.0, -1.0, 0.0, 0.0];

/// The canonical name, piece by piece; a parameter at its default is left out.
struct Written {
    family: Family,
    params: Vec<(&'static str, String)>,
    cutoff: Option<String>,
}

impl Written {
    fn new(family: Family) -> Self {
        Self {
            family,
            params: Vec::new(),
            cutoff: None,
        }
    }

    fn with<T: PartialEq + fmt::Display>(mut self, param: &'static str, value: T, default: T) -> Self {
        if value != default {
            self.params.push((param, value.to_string()));
        }
        self
    }

    fn rel(self, rel: i32) -> Self {
        self.with("rel", rel, 1)
    }

    fn gain(mut self, gain: &Gain) -> Self {
        match gain {
            Gain::Linear => {}
            Gain::Exp => self.params.push(("gain", "exp".to_owned())),
            Gain::Table(gains) => {
                let pairs: Vec<String> = gains
                    .iter()
                    .map(|(grade, gain)| format!("{grade}:{gain}"))
                    .collect();
                self.params.push(("gains", format!("{{{}}}", pairs.join(","))));
            }
        }
        self
    }

    fn at(mut self, cutoff: impl Into<Option<usize>>) -> Self {
        self.cutoff = cutoff.into().map(|cutoff| cutoff.to_string());
        self
    }
}

impl Measure {
    fn written(&self) -> Written {
        let new = Written::new;
        match self {
            Self::Success { cutoff, rel } => new(Family::Success).rel(*rel).at(*cutoff),
            Self::NDcg { gain, cutoff } => new(Family::NDcg).gain(gain).at(*cutoff),
            Self::Dcg { gain, cutoff, ideal } => new(Family::Dcg)
                .gain(gain)
                .with("ideal", *ideal, false)
                .at(*cutoff),
            Self::Rr { cutoff, rel } => new(Family::Rr).rel(*rel).at(*cutoff),
            Self::Ap { cutoff, rel } => new(Family::Ap).rel(*rel).at(*cutoff),
            Self::P { cutoff, rel } => new(Family::P).rel(*rel).at(*cutoff),
            Self::RelativeP { cutoff, rel } => {
                new(Family::P).rel(*rel).with("relative", true, false).at(*cutoff)
            }
            Self::R { cutoff, rel } => new(Family::R).rel(*rel).at(*cutoff),
            Self::Rprec { mult, rel } => new(Family::Rprec)
                .rel(*rel)
                .with("mult", *mult, Real::literal(1.0)),
            Self::Bpref { rel } => new(Family::Bpref).rel(*rel),
            Self::InfAp { rel } => new(Family::InfAp).rel(*rel),
            Self::Judged { cutoff } => new(Family::Judged).at(*cutoff),
            Self::Unjudged { cutoff } => new(Family::Unjudged).at(*cutoff),
            Self::BinG { rel } => new(Family::BinG).rel(*rel),
            Self::G { gain } => new(Family::G).gain(gain),
            Self::NDcgRel { gain } => new(Family::NDcgRel).gain(gain),
            Self::RNDcg { gain } => new(Family::RNDcg).gain(gain),
            Self::KnnRecall { cutoff } => new(Family::KnnRecall).at(*cutoff),
            Self::Geometric { of, rel } => new(Family::Geometric(*of)).rel(*rel),
            Self::Num { of, rel } => match of {
                Count::Queries | Count::Retrieved => new(Family::Num(*of)),
                _ => new(Family::Num(*of)).rel(*rel),
            },
            rest => rest.written_with_numbers(),
        }
    }

    /// Those whose parameters are numbers.
    fn written_with_numbers(&self) -> Written {
        let new = Written::new;
        match self {
            Self::IPrec { recall, rel } => Written {
                cutoff: Some(recall.to_string()),
                ..new(Family::IPrec).rel(*rel)
            },
            Self::IPrecAvg { recalls, rel } => {
                let listed = |recalls: &Vec<Real>| {
                    let recalls: Vec<String> = recalls.iter().map(Real::to_string).collect();
                    format!("{{{}}}", recalls.join(","))
                };
                let recalls = recalls.as_ref().map_or_else(String::new, listed);
                new(Family::IPrecAvg)
                    .rel(*rel)
                    .with("recalls", recalls, String::new())
            }
            Self::Rbp { p, rel, cutoff } => new(Family::Rbp)
                .rel(rel.unwrap_or(1))
                .with("p", *p, RBP_P)
                .with("graded", rel.is_none(), false)
                .at(*cutoff),
            Self::RbpResidual { p, cutoff } => new(Family::Rbp)
                .with("p", *p, RBP_P)
                .with("residual", true, false)
                .at(*cutoff),
            Self::Err {
                max,
                cutoff,
                normalised,
            } => {
                let family = if *normalised { Family::NErr } else { Family::Err };
                new(family).with("max", *max, ERR_MAX).at(*cutoff)
            }
            Self::Set { of, rel } => match of {
                SetMeasure::P => new(Family::SetP).rel(*rel),
                SetMeasure::RelativeP => new(Family::SetP).rel(*rel).with("relative", true, false),
                SetMeasure::R => new(Family::SetR).rel(*rel),
                SetMeasure::Ap => new(Family::SetAp).rel(*rel),
                SetMeasure::F(beta) => new(Family::SetF)
                    .rel(*rel)
                    .with("beta", *beta, Real::literal(1.0)),
            },
            Self::Utility { weights, docs, rel } => {
                let params = &UTILITY.params[1..5];
                let pairs = params.iter().zip(weights).zip(UTILITY_WEIGHTS);
                pairs
                    .fold(
                        new(Family::Utility).rel(*rel),
                        |written, ((param, weight), default)| {
                            written.with(param, *weight, Real::literal(default))
                        },
                    )
                    .with("docs", *docs, 0)
            }
            _ => new(Family::Success),
        }
    }
}

/// Persistence of rank-biased precision, as in ir_measures.
pub(super) const RBP_P: Real = Real::literal(0.8);

/// Greatest grade of expected reciprocal rank, as in TREC's gdeval.
pub(super) const ERR_MAX: i32 = 4;

impl fmt::Display for Measure {
    /// The canonical name: parameters at their defaults are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = self.written();
        f.write_str(written.family.name())?;
        if !written.params.is_empty() {
            let params: Vec<String> = written.params.iter().map(|(k, v)| format!("{k}={v}")).collect();
            write!(f, "({})", params.join(","))?;
        }
        written.cutoff.map_or(Ok(()), |cutoff| write!(f, "@{cutoff}"))
    }
}
