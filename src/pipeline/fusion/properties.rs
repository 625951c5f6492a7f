//! What holds for any lists.

use proptest::prelude::*;

use super::*;

/// Up to four ranked lists over a small corpus, with a weight each.
fn inputs() -> impl Strategy<Value = Vec<(Vec<Hit>, f64)>> {
    let scores = prop::collection::btree_map(0u32..30, -5.0f32..5.0, 0..20);
    let ranked = scores.prop_map(|scores| {
        let mut hits: Vec<Hit> = scores
            .into_iter()
            .map(|(point, score)| Hit { point, score })
            .collect();
        rank(&mut hits, usize::MAX);
        hits
    });
    prop::collection::vec((ranked, 0.1f64..3.0), 1..5)
}

fn methods(weights: Vec<f64>) -> Vec<Fusion> {
    let comb = |combine, normalize| Fusion::Comb {
        combine,
        normalize,
        weights: weights.clone(),
    };
    vec![
        comb(Combine::Sum, Normalize::ZScore),
        comb(Combine::Mnz, Normalize::MinMax),
        comb(Combine::Max, Normalize::Sum),
        comb(Combine::Med, Normalize::Rank),
        Fusion::Isr {
            weights: weights.clone(),
        },
        Fusion::Borda {
            weights: weights.clone(),
        },
        Fusion::Rbc {
            persistence: 0.8,
            weights: weights.clone(),
        },
        Fusion::Rrf {
            k: 60.0,
            weights: weights.clone(),
        },
        Fusion::Weighted {
            weights: weights.clone(),
            normalize: Normalize::MinMax,
        },
        Fusion::Weighted {
            weights: weights.clone(),
            normalize: Normalize::None,
        },
        Fusion::Dbsf { weights },
    ]
}

fn fuse_all(inputs: &[(Vec<Hit>, f64)]) -> Vec<Vec<Hit>> {
    let lists: Vec<&[Hit]> = inputs.iter().map(|i| i.0.as_slice()).collect();
    let weights = inputs.iter().map(|i| i.1).collect();
    methods(weights)
        .iter()
        .map(|m| fuse(m, &lists, usize::MAX))
        .collect()
}

proptest! {
    #[test]
    fn one_list_keeps_its_order_under_rrf(inputs in inputs()) {
        let only = &inputs[0].0;
        let fused = fuse(&Fusion::Rrf { k: 60.0, weights: vec![] }, &[only], usize::MAX);
        let points = |hits: &[Hit]| hits.iter().map(|h| h.point).collect::<Vec<_>>();
        prop_assert_eq!(points(&fused), points(only));
    }

    #[test]
    fn the_order_of_the_lists_changes_no_bit(inputs in inputs(), turn in 0usize..4) {
        let mut turned = inputs.clone();
        turned.rotate_left(turn % inputs.len());
        prop_assert_eq!(fuse_all(&inputs), fuse_all(&turned));
        turned.reverse();
        prop_assert_eq!(fuse_all(&inputs), fuse_all(&turned));
    }

    #[test]
    fn answers_are_ranked_distinct_and_a_limit_takes_the_top(inputs in inputs(), limit in 0usize..40) {
        let lists: Vec<&[Hit]> = inputs.iter().map(|i| i.0.as_slice()).collect();
        for method in methods(vec![]) {
            let all = fuse(&method, &lists, usize::MAX);
            let mut want = all.clone();
            rank(&mut want, usize::MAX);
            prop_assert_eq!(&all, &want);
            let points: std::collections::BTreeSet<u32> = all.iter().map(|h| h.point).collect();
            prop_assert_eq!(points.len(), all.len());
            prop_assert_eq!(fuse(&method, &lists, limit), &all[..limit.min(all.len())]);
        }
    }

    #[test]
    fn contributions_combine_to_the_score(inputs in inputs()) {
        let lists: Vec<&[Hit]> = inputs.iter().map(|i| i.0.as_slice()).collect();
        for method in methods(vec![]) {
            let fused = fuse(&method, &lists, 10);
            for (hit, parts) in fused.iter().zip(contributions(&method, &lists, &fused)) {
                // A list may contribute 0 to a document it has.
                let has = |list: &&[Hit]| list.iter().any(|h| h.point == hit.point);
                let given = lists.iter().zip(parts).filter(|(list, _)| has(list));
                let mut given: Vec<f64> = given.map(|(_, part)| part).collect();
                given.sort_unstable_by(f64::total_cmp);
                let score = method.combined(&given) as f32;
                prop_assert_eq!(Hit { point: hit.point, score }, *hit);
            }
        }
    }
}
