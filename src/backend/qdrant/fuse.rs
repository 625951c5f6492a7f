//! Fusion within one call: which pipelines a server can answer at once, and how it is asked to.
//!
//! A server's formula has to be ours, or one spec would mean two things. Where it is not, the client joins the lists.

use std::collections::HashMap;

use qdrant_client::qdrant::expression::Variant as Term;
use qdrant_client::qdrant::query::Variant;
use qdrant_client::qdrant::{
    Expression, Formula, Fusion as Theirs, MultExpression, PrefetchQuery, Query, Rrf, SumExpression, Value,
    value,
};

use crate::pipeline::server::FusionSide;
use crate::pipeline::{Fuse, Fusion, Normalize, Stage, StageKind, Strategy, Tail};

/// Whether the server can answer the whole request in one call; `Err` says why it cannot.
///
/// `scores_rise` tells of a vector whether a larger score of the server's is a better one: not for distances.
pub(super) fn in_one_call(
    stages: &[Stage],
    side: FusionSide,
    scores_rise: impl Fn(&str) -> bool,
) -> Result<(), String> {
    let Some((last, before)) = stages.split_last() else {
        return Err("there is no stage".to_owned());
    };
    let StageKind::Fuse(_) = &last.kind else {
        return Err("the last stage joins nothing".to_owned());
    };
    if side == FusionSide::Client {
        return Err("`fusion: client` was asked for".to_owned());
    }
    for stage in before {
        let readers = stages
            .iter()
            .filter(|s| s.inputs().contains(&stage.name.as_str()));
        match readers.count() {
            1 => {}
            0 => return Err(format!("no later stage reads `{}`", stage.name)),
            n => return Err(format!("{n} stages read `{}`", stage.name)),
        }
    }
    for stage in stages {
        match &stage.kind {
            StageKind::Fuse(fuse) => formula(fuse, stages, &scores_rise)?,
            StageKind::Dense(d) if d.filter.strategy == Strategy::Post => return Err(post(stage)),
            StageKind::Sparse(s) if s.filter.strategy == Strategy::Post => return Err(post(stage)),
            StageKind::Dense(_) | StageKind::Sparse(_) => {}
            StageKind::Late(_) => return Err(format!("`{}` reorders a list in between", stage.name)),
            StageKind::Rerank(_) => return Err("a rerank stage runs on the client".to_owned()),
        }
    }
    Ok(())
}

/// Whether the server can search and score by token vectors in one call; `Err` says why it cannot.
///
/// It gives back what it has scored and nothing else, so no hit may be left below: the stage is as deep as its list, and
/// every document has tokens (`everywhere`), or such hits are left out anyway. Behind a fusion it is a call of its own:
/// ranks make many equal scores, and which of them stand before a cut inside a call the server decides.
pub(super) fn late_in_one_call(stages: &[Stage], everywhere: impl Fn(&str) -> bool) -> Result<(), String> {
    let Some((last, before)) = stages.split_last() else {
        return Err("there is no stage".to_owned());
    };
    let StageKind::Late(late) = &last.kind else {
        return Err("the last stage does not score by token vectors".to_owned());
    };
    let Some(input) = before.last().filter(|s| s.name == late.of) else {
        return Err(format!("`{}` is not the stage before", late.of));
    };
    if input.limit(|_| None).is_none_or(|limit| limit > late.depth) {
        return Err(format!("it does not score all that `{}` hands on", late.of));
    }
    if late.tail == Tail::Keep && !everywhere(&late.vector) {
        return Err("documents without tokens stay below".to_owned());
    }
    match &input.kind {
        StageKind::Dense(d) if d.filter.strategy == Strategy::Post => Err(post(input)),
        StageKind::Sparse(s) if s.filter.strategy == Strategy::Post => Err(post(input)),
        StageKind::Dense(_) | StageKind::Sparse(_) if before.len() == 1 => Ok(()),
        StageKind::Dense(_) | StageKind::Sparse(_) => Err("there are lists that it does not read".to_owned()),
        StageKind::Fuse(_) => Err("equal scores of a fusion are cut in the server's order".to_owned()),
        StageKind::Late(_) | StageKind::Rerank(_) => Err(format!("`{}` is no search", input.name)),
    }
}

fn post(stage: &Stage) -> String {
    format!("`{}` filters what it has found, on the client", stage.name)
}

/// Whether the server's formula for a fusion is ours.
fn formula(fuse: &Fuse, stages: &[Stage], scores_rise: &impl Fn(&str) -> bool) -> Result<(), String> {
    let even = |weights: &[f64]| weights.iter().all(|w| w.total_cmp(&1.0).is_eq());
    let rise = || {
        let of = |name: &String| match stages.iter().find(|s| s.name == *name).map(|s| &s.kind) {
            Some(StageKind::Dense(d)) => scores_rise(&d.vector),
            _ => true,
        };
        match fuse.of.iter().all(of) {
            true => Ok(()),
            false => Err("the server would add distances, where small is good".to_owned()),
        }
    };
    match &fuse.method {
        Fusion::Rrf { weights, .. } if !even(weights) => {
            Err("the server's weights of `rrf` stretch ranks; ours multiply".to_owned())
        }
        Fusion::Rrf { k, .. } if k.fract() != 0.0 || *k > f64::from(u32::MAX - 1) => {
            Err("the server's k is a whole number".to_owned())
        }
        Fusion::Rrf { .. } => Ok(()),
        Fusion::Dbsf { weights } if even(weights) => rise(),
        Fusion::Dbsf { .. } => Err("the server's `dbsf` has no weights".to_owned()),
        Fusion::Weighted {
            normalize: Normalize::None,
            ..
        } => rise(),
        Fusion::Weighted { .. } => Err("the server does not normalise scores so".to_owned()),
        Fusion::Comb { .. } | Fusion::Isr { .. } | Fusion::Borda { .. } | Fusion::Rbc { .. } => {
            Err("the server has no such fusion".to_owned())
        }
    }
}

/// The lists of the last stage as searches within its call, and the query that joins them. `search` makes a search of a
/// stage; `None` where it can find nothing, which leaves the list out.
pub(super) fn query(
    stage: &Stage,
    stages: &[Stage],
    search: &impl Fn(&Stage) -> Option<PrefetchQuery>,
) -> Option<(Vec<PrefetchQuery>, Query)> {
    let StageKind::Fuse(fuse) = &stage.kind else {
        return None;
    };
    let mut lists = Vec::new();
    let mut weights = Vec::new();
    for (at, name) in fuse.of.iter().enumerate() {
        let input = stages.iter().find(|s| s.name == *name)?;
        let list = match &input.kind {
            StageKind::Fuse(inner) => query(input, stages, search).map(|(prefetch, query)| PrefetchQuery {
                prefetch,
                query: Some(query),
                limit: Some(inner.limit as u64),
                ..PrefetchQuery::default()
            }),
            StageKind::Dense(_) | StageKind::Sparse(_) | StageKind::Late(_) | StageKind::Rerank(_) => {
                search(input)
            }
        };
        if let Some(list) = list {
            lists.push(list);
            weights.push(fuse.method.weights().get(at).copied().unwrap_or(1.0));
        }
    }
    let variant = match &fuse.method {
        Fusion::Rrf { k, .. } => Variant::Rrf(Rrf {
            // Its ranks begin at 0.
            k: Some(*k as u32 + 1),
            weights: Vec::new(),
        }),
        Fusion::Dbsf { .. } => Variant::Fusion(Theirs::Dbsf.into()),
        _ => Variant::Formula(weighted(&weights)),
    };
    let query = Query {
        variant: Some(variant),
    };
    (!lists.is_empty()).then_some((lists, query))
}

/// Σ wᵢ · score of list i; a list that lacks a document counts for nothing.
fn weighted(weights: &[f64]) -> Formula {
    let term = |(at, weight): (usize, &f64)| {
        let factors = [
            Term::Constant(*weight as f32),
            Term::Variable(format!("$score[{at}]")),
        ];
        let mult = factors.map(|v| Expression { variant: Some(v) }).to_vec();
        Expression {
            variant: Some(Term::Mult(MultExpression { mult })),
        }
    };
    let sum = weights.iter().enumerate().map(term).collect();
    let nothing = Value {
        kind: Some(value::Kind::DoubleValue(0.0)),
    };
    let defaults = (0..weights.len()).map(|at| (format!("$score[{at}]"), nothing.clone()));
    Formula {
        expression: Some(Expression {
            variant: Some(Term::Sum(SumExpression { sum })),
        }),
        defaults: HashMap::from_iter(defaults),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::contract::{dense, dropping, filtered, fuse, late, sparse};

    fn verdict(method: Fusion) -> Result<(), String> {
        let stages = [
            dense("d", "body", 10),
            sparse("s", "words", 10),
            fuse("f", &["d", "s"], method, 10),
        ];
        in_one_call(&stages, FusionSide::Server, |_| true)
    }

    fn rrf(k: f64, weights: &[f64]) -> Fusion {
        Fusion::Rrf {
            k,
            weights: weights.to_vec(),
        }
    }

    #[test]
    fn only_fusions_that_mean_the_same_are_left_to_the_server() {
        assert_eq!(verdict(rrf(60.0, &[])), Ok(()));
        assert_eq!(verdict(rrf(60.0, &[1.0, 1.0])), Ok(()));
        let no = |method, why: &str| assert_eq!(verdict(method), Err(why.to_owned()));
        no(
            rrf(60.0, &[2.0, 1.0]),
            "the server's weights of `rrf` stretch ranks; ours multiply",
        );
        no(rrf(60.5, &[]), "the server's k is a whole number");
        let weights = vec![0.7, 0.3];
        no(
            Fusion::Dbsf {
                weights: weights.clone(),
            },
            "the server's `dbsf` has no weights",
        );
        let weighted = |normalize| Fusion::Weighted {
            weights: weights.clone(),
            normalize,
        };
        assert_eq!(verdict(weighted(Normalize::None)), Ok(()));
        no(
            weighted(Normalize::MinMax),
            "the server does not normalise scores so",
        );
        no(Fusion::Isr { weights: vec![] }, "the server has no such fusion");
    }

    #[test]
    fn lists_that_are_needed_elsewhere_or_filtered_late_are_joined_by_the_client() {
        let join = |stages: &[Stage]| in_one_call(stages, FusionSide::Server, |_| true).unwrap_err();
        let f = |name: &str, of: &[&str]| fuse(name, of, rrf(60.0, &[]), 10);
        let (d, s) = (dense("d", "body", 10), sparse("s", "words", 10));
        let twice = [d.clone(), s.clone(), f("f", &["d", "s"]), f("g", &["d", "f"])];
        assert_eq!(join(&twice), "2 stages read `d`");
        let late = filtered(d.clone(), Strategy::Post, None);
        assert_eq!(
            join(&[late, s.clone(), f("f", &["d", "s"])]),
            "`d` filters what it has found, on the client"
        );
        assert_eq!(join(std::slice::from_ref(&d)), "the last stage joins nothing");
        let asked = [d, s, f("f", &["d", "s"])];
        let client = in_one_call(&asked, FusionSide::Client, |_| true);
        assert_eq!(client, Err("`fusion: client` was asked for".to_owned()));
    }

    #[test]
    fn a_late_stage_is_part_of_the_call_where_it_scores_the_whole_list() {
        let verdict = |stages: &[Stage], everywhere| late_in_one_call(stages, |_| everywhere);
        let (d, s) = (dense("d", "body", 10), sparse("s", "words", 10));
        let of = |name: &str, depth| late("m", name, "tokens", depth);
        assert_eq!(verdict(&[d.clone(), of("d", 10)], true), Ok(()));
        let no = |stages: &[Stage], everywhere, why: &str| {
            assert_eq!(verdict(stages, everywhere), Err(why.to_owned()));
        };
        no(
            &[d.clone(), of("d", 9)],
            true,
            "it does not score all that `d` hands on",
        );
        no(
            &[d.clone(), of("d", 10)],
            false,
            "documents without tokens stay below",
        );
        assert_eq!(verdict(&[d.clone(), dropping(of("d", 10))], false), Ok(()));
        no(
            &[s.clone(), d.clone(), of("d", 10)],
            true,
            "there are lists that it does not read",
        );
        no(
            &[d.clone(), s.clone(), of("d", 10)],
            true,
            "`d` is not the stage before",
        );
        let f = fuse("f", &["d", "s"], rrf(60.0, &[]), 10);
        let why = "equal scores of a fusion are cut in the server's order";
        no(&[d, s, f, of("f", 10)], true, why);
    }

    #[test]
    fn our_k_of_60_is_its_61() {
        let stages = [
            dense("d", "body", 10),
            sparse("s", "words", 10),
            fuse("f", &["d", "s"], rrf(60.0, &[]), 10),
        ];
        let found = query(&stages[2], &stages, &|_| Some(PrefetchQuery::default())).unwrap();
        assert_eq!(found.0.len(), 2);
        let want = Rrf {
            k: Some(61),
            weights: vec![],
        };
        assert_eq!(found.1.variant, Some(Variant::Rrf(want)));
        let nothing = query(&stages[2], &stages, &|_| None);
        assert!(nothing.is_none());
    }
}
