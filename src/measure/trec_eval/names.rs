//! trec_eval's registry: names, default parameters, families, and the order of lines.

use std::cmp::Ordering;

use super::super::{Measure, ParseMeasureError};
use super::{Column, Dialect, What};
use crate::dataset::Grade;

/// Every name, in the order in which trec_eval prints them.
const ORDER: [&str; 39] = [
    "runid",
    "num_q",
    "num_ret",
    "num_rel",
    "num_rel_ret",
    "map",
    "gm_map",
    "Rprec",
    "bpref",
    "recip_rank",
    "iprec_at_recall",
    "P",
    "relstring",
    "recall",
    "infAP",
    "gm_bpref",
    "Rprec_mult",
    "utility",
    "11pt_avg",
    "binG",
    "G",
    "dcg",
    "ideal_dcg",
    "ndcg",
    "ndcg_rel",
    "Rndcg",
    "ndcg_cut",
    "map_cut",
    "relative_P",
    "success",
    "set_P",
    "set_relative_P",
    "set_recall",
    "set_map",
    "set_F",
    "num_nonrel_judged_ret",
    "rbp",
    "rbp_resid",
    "unj",
];

/// Those of `all_trec` that came with version 10.
const SINCE_10: [&str; 3] = ["rbp", "rbp_resid", "unj"];

/// Those that no family has.
const IN_NO_FAMILY: [&str; 2] = ["dcg", "ideal_dcg"];

const SET: [&str; 11] = [
    "runid",
    "num_q",
    "num_ret",
    "num_rel",
    "num_rel_ret",
    "utility",
    "set_P",
    "set_recall",
    "set_relative_P",
    "set_map",
    "set_F",
];

/// Families that need other kinds of files than judgements and a run.
const OTHER_FAMILIES: [&str; 3] = ["prefs", "all_prefs", "qrels_jg"];

const CUTOFFS: &str = "5,10,15,20,30,100,200,500,1000";
const MULTIPLES: &str = "0.2,0.4,0.6,0.8,1,1.2,1.4,1.6,1.8,2";
const RECALLS: &str = "0,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1";

/// What this program's own dialect computes when nothing is asked for.
const OURS: [&str; 5] = ["success@1", "nDCG@10", "RR@10", "R@100", "Judged@10"];

/// Members of a family; `None` when the name is none.
fn family(name: &str, dialect: Dialect) -> Option<Vec<&'static str>> {
    let in_all = |name: &&str| {
        let there = dialect != Dialect::TrecEval9 || !SINCE_10.contains(name);
        there && !IN_NO_FAMILY.contains(name)
    };
    match name {
        "official" => Some(ORDER[..12].to_vec()),
        "set" => Some(SET.to_vec()),
        "all_trec" => Some(ORDER.iter().copied().filter(in_all).collect()),
        _ => None,
    }
}

/// Collects columns.
pub(super) struct Asked {
    dialect: Dialect,
    level: Grade,
    docs: u32,
    columns: Vec<Placed>,
}

/// A column and where it stands.
struct Placed {
    /// Of the name in [`ORDER`]; names of this program come after all others.
    place: usize,
    /// Whether parameters were given. Then those at their defaults, which a family brought in, are not wanted.
    explicit: bool,
    column: Column,
}

impl Asked {
    pub(super) fn new(dialect: Dialect, level: Grade, docs: u32) -> Self {
        let columns = Vec::new();
        Self {
            dialect,
            level,
            docs,
            columns,
        }
    }

    pub(super) fn defaults(&mut self) {
        let names: &[&str] = match self.dialect {
            Dialect::Evalrun => &OURS,
            _ => &["official"],
        };
        for name in names {
            let added = self.add(name);
            debug_assert!(added.is_ok(), "{name} is a name");
        }
    }

    /// One name as asked for.
    pub(super) fn add(&mut self, text: &str) -> Result<(), ParseMeasureError> {
        if OTHER_FAMILIES.contains(&text) {
            return Err(ParseMeasureError::NotComputed(text.to_owned()));
        }
        if let Some(members) = family(text, self.dialect) {
            return members
                .into_iter()
                .try_for_each(|member| self.add_own(member, None));
        }
        if self.dialect == Dialect::Evalrun {
            return self.add_ours(text);
        }
        let (name, params) = match text.split_once('.') {
            Some((name, params)) => (name, Some(params)),
            None => (text, None),
        };
        if ORDER.contains(&name) {
            return self.add_own(name, params);
        }
        // `P_5`, as it is printed.
        let printed = text.rsplit_once('_').filter(|(name, _)| ORDER.contains(name));
        match printed {
            Some((name, params)) => self.add_own(name, Some(params)),
            None => self.add_ours(text),
        }
    }

    /// A measure by one of this program's names.
    fn add_ours(&mut self, text: &str) -> Result<(), ParseMeasureError> {
        let measure: Measure = text.parse()?;
        let measure = if measure == measure.clone().with_rel(1) {
            measure.with_rel(self.level)
        } else {
            measure
        };
        if matches!(measure, Measure::KnnRecall { .. }) {
            return Err(ParseMeasureError::NotComputed("knn_recall".to_owned()));
        }
        let name = measure.to_string();
        self.push(ORDER.len(), true, name, What::Measure(measure));
        Ok(())
    }

    fn push(&mut self, place: usize, explicit: bool, name: String, what: What) {
        let column = Column { name, what };
        self.columns.push(Placed {
            place,
            explicit,
            column,
        });
    }

    /// A measure of trec_eval's, with its parameters after the dot.
    fn add_own(&mut self, name: &str, params: Option<&str>) -> Result<(), ParseMeasureError> {
        let place = ORDER.iter().position(|own| *own == name).unwrap_or(ORDER.len());
        let named = |params: Option<&str>| params.map_or_else(|| name.to_owned(), |p| format!("{name}_{p}"));
        match name {
            "runid" => self.push(place, false, named(None), What::RunId),
            "relstring" => {
                let wanted = whole(params.unwrap_or("10"))?;
                self.push(place, params.is_some(), named(params), What::Grades(wanted));
            }
            "P" | "recall" | "ndcg_cut" | "map_cut" | "relative_P" => {
                self.each_cutoff(place, name, params, CUTOFFS)?
            }
            "success" => self.each_cutoff(place, name, params, "1,5,10")?,
            "unj" => self.each_cutoff(place, name, params, "5,10,20")?,
            "iprec_at_recall" => self.each_level(place, name, params, RECALLS)?,
            "Rprec_mult" => self.each_level(place, name, params, MULTIPLES)?,
            "11pt_avg" => {
                let levels: Vec<&str> = params.unwrap_or(RECALLS).split(',').collect();
                let measure = self.measure(&format!("11pt_avg(recalls={{{}}})", levels.join(",")))?;
                self.push(
                    place,
                    params.is_some(),
                    named(params),
                    self.as_of_dialect(measure),
                );
            }
            _ => {
                let measure = self.measure(&single(name, params, self.docs))?;
                let what = match name {
                    "rbp_resid" => What::RbpResidual(measure),
                    "Rndcg" => What::WithLevel(measure, self.level),
                    _ => What::Measure(measure),
                };
                self.push(place, params.is_some(), named(params), what);
            }
        }
        Ok(())
    }

    fn measure(&self, text: &str) -> Result<Measure, ParseMeasureError> {
        Ok(text.parse::<Measure>()?.with_rel(self.level))
    }

    /// A column for each cut-off, least first.
    fn each_cutoff(
        &mut self,
        place: usize,
        name: &str,
        params: Option<&str>,
        default: &str,
    ) -> Result<(), ParseMeasureError> {
        let cutoffs = params.unwrap_or(default).split(',').map(whole);
        let mut cutoffs: Vec<usize> = cutoffs.collect::<Result<_, _>>()?;
        cutoffs.sort_unstable();
        for cutoff in cutoffs {
            let name = format!("{name}_{cutoff}");
            let measure = self.measure(&name)?;
            self.push(place, params.is_some(), name, What::Measure(measure));
        }
        Ok(())
    }

    /// A column for each level of recall or multiple of R, least first, with two decimals in its name.
    fn each_level(
        &mut self,
        place: usize,
        name: &str,
        params: Option<&str>,
        default: &str,
    ) -> Result<(), ParseMeasureError> {
        let mut named = Vec::new();
        for level in params.unwrap_or(default).split(',') {
            let measure = self.measure(&format!("{name}_{level}"))?;
            let (Measure::IPrec { recall: at, .. } | Measure::Rprec { mult: at, .. }) = measure else {
                return Err(ParseMeasureError::BadCutoff(level.to_owned()));
            };
            named.push((at, measure));
        }
        named.sort_unstable();
        for (at, measure) in named {
            let what = self.as_of_dialect(measure);
            self.push(place, params.is_some(), format!("{name}_{:.2}", at.get()), what);
        }
        Ok(())
    }

    /// Interpolated precision is another one up to version 9.
    fn as_of_dialect(&self, measure: Measure) -> What {
        match (self.dialect, measure) {
            (Dialect::TrecEval9, Measure::IPrec { recall, rel }) => What::OldIPrec { recall, rel },
            (Dialect::TrecEval9, Measure::IPrecAvg { recalls, rel }) => What::OldIPrecAvg {
                recalls: recalls.unwrap_or_default(),
                rel,
            },
            (_, measure) => What::Measure(measure),
        }
    }

    /// In the order of printing. In this program's own dialect, under its own names.
    pub(super) fn in_order(mut self) -> Vec<Column> {
        self.columns
            .sort_by(|a, b| a.place.cmp(&b.place).then_with(|| by_number(a, b)));
        let mut columns: Vec<Column> = Vec::new();
        for of_one in self.columns.chunk_by(|a, b| a.place == b.place) {
            let any_explicit = of_one.iter().any(|placed| placed.explicit);
            for Placed { column, .. } in of_one.iter().filter(|placed| placed.explicit == any_explicit) {
                if !columns.iter().any(|before| before.name == column.name) {
                    columns.push(column.clone());
                }
            }
        }
        if self.dialect != Dialect::Evalrun {
            return columns;
        }
        let ours = |column: Column| match column.what {
            What::Measure(measure) | What::RbpResidual(measure) | What::WithLevel(measure, _) => {
                Some(Column {
                    name: measure.to_string(),
                    what: What::Measure(measure),
                })
            }
            _ => None,
        };
        columns.into_iter().filter_map(ours).collect()
    }
}

/// Two columns of one measure of trec_eval's that was asked for twice, by cut-off; others stay as they were given.
fn by_number(one: &Placed, other: &Placed) -> Ordering {
    match (&one.column.what, &other.column.what) {
        (What::Measure(a), What::Measure(b)) if one.place < ORDER.len() => a.cutoff().cmp(&b.cutoff()),
        _ => Ordering::Equal,
    }
}

fn whole(text: &str) -> Result<usize, ParseMeasureError> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(ParseMeasureError::BadCutoff(text.to_owned())),
    }
}

/// A measure with one column, in this program's grammar.
fn single(name: &str, params: Option<&str>, docs: u32) -> String {
    match (name, params) {
        ("ideal_dcg", None) => "DCG(ideal=true)".to_owned(),
        ("ideal_dcg", Some(gains)) => format!("DCG(ideal=true,gains={})", braced(gains)),
        ("ndcg" | "dcg" | "ndcg_rel" | "Rndcg" | "G", Some(gains)) => {
            format!("{name}(gains={})", braced(gains))
        }
        ("rbp", params) => format!("RBP(graded=true,{})", params.unwrap_or("p=0.9")),
        ("rbp_resid", params) => format!("RBP(residual=true,{})", params.unwrap_or("p=0.9")),
        ("utility", params) => utility(params.unwrap_or("1,-1,0,0"), docs),
        (name, Some(params)) => format!("{name}_{params}"),
        (name, None) => name.to_owned(),
    }
}

fn braced(gains: &str) -> String {
    format!("{{{}}}", gains.replace('=', ":"))
}

fn utility(weights: &str, docs: u32) -> String {
    let names = ["found", "noise", "missed", "spared", "too_many"];
    let pairs: Vec<String> = names
        .iter()
        .zip(weights.split(','))
        .map(|(name, weight)| format!("{name}={weight}"))
        .collect();
    format!("utility({},docs={docs})", pairs.join(","))
}
