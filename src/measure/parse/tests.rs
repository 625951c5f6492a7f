use proptest::prelude::*;

use super::super::{Count, Gain, GeometricOf, Real};
use super::*;

/// The canonical spelling of a measure, or its error.
fn canonical(text: &str) -> Result<String, String> {
    let parsed = text.parse::<Measure>();
    parsed.map(|m| m.to_string()).map_err(|e| e.to_string())
}

#[test]
fn canonical_names_print_as_they_are_read() {
    for text in [
        "success@1",
        "success(rel=2)@5",
        "nDCG",
        "nDCG@10",
        "nDCG(gain=exp)@10",
        "RR",
        "RR@10",
        "AP",
        "AP(rel=2)@100",
        "P@5",
        "R(rel=3)@100",
        "Rprec",
        "Judged@10",
        "knn_recall@10",
        "P(relative=true)@10",
        "Rprec(rel=2,mult=0.5)",
        "DCG(gain=exp,ideal=true)@10",
        "nDCG(gains={0:0.5,1:1,3:7})@10",
        "bpref(rel=2)",
        "infAP",
        "IPrec(rel=2)@0.25",
        "IPrec@1",
        "11pt_avg",
        "11pt_avg(recalls={0.25,0.5,0.75})",
        "RBP",
        "RBP(rel=2,p=0.95)@100",
        "RBP(p=0.9,graded=true)",
        "RBP(residual=true)@10",
        "ERR@20",
        "nERR(max=3)",
        "SetP(relative=true)",
        "SetR",
        "SetAP(rel=2)",
        "SetF(beta=0.5)",
        "NumQ",
        "NumRelRet(rel=3)",
        "NumNonrelRet",
        "Unjudged@20",
        "gm_AP",
        "gm_bpref(rel=2)",
        "binG",
        "G(gain=exp)",
        "nDCG_rel",
        "RnDCG(gains={1:2})",
        "utility(rel=2,noise=-0.5,spared=0.001,docs=1000)",
    ] {
        assert_eq!(canonical(text).as_deref(), Ok(text));
    }
}

#[test]
fn names_of_trec_eval_and_common_ones_are_understood() {
    for (text, expected) in [
        ("ndcg_cut_10", "nDCG@10"),
        ("ndcg_cut.10", "nDCG@10"),
        ("ndcg", "nDCG"),
        ("map", "AP"),
        ("map_cut_100", "AP@100"),
        ("recip_rank", "RR"),
        ("P_5", "P@5"),
        ("recall_100", "R@100"),
        ("success_1", "success@1"),
        ("Success@1", "success@1"),
        ("NDCG@10", "nDCG@10"),
        ("mrr@10", "RR@10"),
        ("MAP@100", "AP@100"),
        ("relative_P_20", "P(relative=true)@20"),
        ("R_cap@100", "P(relative=true)@100"),
        ("P(relative=True)@5", "P(relative=true)@5"),
        ("iprec_at_recall_0.10", "IPrec@0.1"),
        ("iprec_at_recall..10", "IPrec@0.1"),
        ("Rprec_mult_0.20", "Rprec(mult=0.2)"),
        ("set_F_0.5", "SetF(beta=0.5)"),
        ("set_relative_P", "SetP(relative=true)"),
        ("gm_map", "gm_AP"),
        ("unj_10", "Unjudged@10"),
        ("num_nonrel_judged_ret", "NumNonrelRet"),
        ("Rndcg", "RnDCG"),
        ("ndcg_rel", "nDCG_rel"),
        ("nDCG(gains={3:7,1:1})", "nDCG(gains={1:1,3:7})"),
        ("hit@1", "success@1"),
        ("hit_rate@10", "success@10"),
        ("recall@100", "R@100"),
        ("precision@5", "P@5"),
        (" nDCG( gain = 'linear' )@10 ", "nDCG@10"),
    ] {
        assert_eq!(canonical(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn mistakes_say_what_to_write() {
    for (text, expected) in [
        ("P", "`P` needs a cut-off, for instance `P@10`"),
        ("ndcg_cut", "`nDCG` needs a cut-off, for instance `nDCG@10`"),
        ("Rprec@5", "`Rprec` takes no cut-off"),
        ("nDCG@0", "the cut-off `0` is not a whole number from 1"),
        ("nDCG@ten", "the cut-off `ten` is not a whole number from 1"),
        ("P_5,10", "the cut-off `5,10` is not a whole number from 1"),
        (
            "nDCG(rel=2)@10",
            "`nDCG` has no parameter `rel`; it has `gain`, `gains`",
        ),
        ("Judged(rel=2)@10", "`Judged` has no parameter `rel`; it has none"),
        (
            "P(rel=0)@5",
            "`rel=0`: the least relevant grade is a whole number from 1",
        ),
        ("nDCG(gain=cubic)", "`gain=cubic`: a gain is `linear` or `exp`"),
        ("P(rel=1,rel=2)@5", "the parameter `rel` is given twice"),
        (
            "P(rel)@5",
            "`P(rel)@5` is not of the form `Name(param=value)@cutoff`",
        ),
        (
            "P(rel=2@5",
            "`P(rel=2@5` is not of the form `Name(param=value)@cutoff`",
        ),
        ("", "`` is not of the form `Name(param=value)@cutoff`"),
        ("INST@10", "the measure `INST` is not computed by this version"),
        (
            "IPrec",
            "`IPrec` needs a level of recall, for instance `IPrec@0.1`",
        ),
        ("IPrec@2", "`recall=2`: a level of recall lies from 0 to 1"),
        ("RBP(p=1)", "`p=1`: a persistence lies between 0 and 1"),
        (
            "RBP(graded=true,rel=2)",
            "`rel=2`: with `graded` there is no least relevant grade; leave it out",
        ),
        ("RBP(residual=yes)", "`residual=yes`: it is `true` or `false`"),
        ("bpref@10", "`bpref` takes no cut-off"),
        (
            "ERR(max=0)@10",
            "`max=0`: the greatest grade is a whole number from 1 to 1000",
        ),
        (
            "nDCG(gains={1:1,1:2})",
            "`gains={1:1,1:2}`: gains are written {grade:gain,…}, each grade once and from 0",
        ),
        ("Rprec_mult_0", "`mult=0`: a multiple is a number above 0"),
        ("nDGC@10", "unknown measure `nDGC`"),
    ] {
        assert_eq!(canonical(text), Err(expected.to_owned()), "{text}");
    }
}

#[test]
fn a_misspelt_name_is_answered_with_the_whole_measure() {
    let suggestion = |text: &str| {
        text.parse::<Measure>()
            .unwrap_err()
            .suggestion()
            .map(str::to_owned)
    };
    assert_eq!(suggestion("nDGC@10").as_deref(), Some("nDCG@10"));
    assert_eq!(suggestion("sucess(rel=2)@1").as_deref(), Some("success(rel=2)@1"));
    assert_eq!(suggestion("recal@100").as_deref(), Some("R@100"));
    assert_eq!(suggestion("latency@10"), None);
}

#[test]
fn in_json_a_measure_is_its_name() {
    let measure: Measure = serde_json::from_str(r#""ndcg_cut_10""#).unwrap();
    assert_eq!(serde_json::to_string(&measure).unwrap(), r#""nDCG@10""#);
    let error = serde_json::from_str::<Measure>(r#""nDGC@10""#).unwrap_err();
    assert_eq!(error.to_string(), "unknown measure `nDGC`");
}

fn real(below: u32) -> impl Strategy<Value = Real> {
    (1..below).prop_map(move |n| Real::new(f64::from(n) / f64::from(below)).unwrap())
}

fn gains() -> impl Strategy<Value = Gain> {
    let table = prop::collection::btree_map(0..9, real(8), 1..4);
    prop_oneof![
        Just(Gain::Linear),
        Just(Gain::Exp),
        table.prop_map(|gains| Gain::Table(gains.into_iter().collect())),
    ]
}

fn binary() -> impl Strategy<Value = Measure> {
    let with_cutoff = (1_usize..2000, 1_i32..9, 0..8).prop_map(|(cutoff, rel, which)| match which {
        0 => Measure::Success { cutoff, rel },
        1 => Measure::P { cutoff, rel },
        2 => Measure::RelativeP { cutoff, rel },
        3 => Measure::R { cutoff, rel },
        4 => Measure::Judged { cutoff },
        5 => Measure::Unjudged { cutoff },
        6 => Measure::Rr {
            cutoff: Some(cutoff),
            rel,
        },
        _ => Measure::KnnRecall { cutoff },
    });
    let without = (1_i32..9, real(7), 0..9).prop_map(|(rel, number, which)| match which {
        0 => Measure::Rprec { mult: number, rel },
        1 => Measure::Ap { cutoff: None, rel },
        2 => Measure::Bpref { rel },
        3 => Measure::InfAp { rel },
        4 => Measure::IPrec { recall: number, rel },
        5 => Measure::IPrecAvg {
            recalls: Some(vec![number, Real::literal(1.0)]),
            rel,
        },
        6 => Measure::BinG { rel },
        7 => Measure::Geometric {
            of: GeometricOf::Ap,
            rel,
        },
        _ => Measure::Utility {
            weights: [number; 4],
            docs: 10,
            rel,
        },
    });
    prop_oneof![with_cutoff, without]
}

fn graded() -> impl Strategy<Value = Measure> {
    let cutoff = || prop::option::of(1_usize..2000);
    prop_oneof![
        (gains(), cutoff()).prop_map(|(gain, cutoff)| Measure::NDcg { gain, cutoff }),
        (gains(), cutoff(), any::<bool>()).prop_map(|(gain, cutoff, ideal)| Measure::Dcg {
            gain,
            cutoff,
            ideal
        }),
        gains().prop_map(|gain| Measure::G { gain }),
        gains().prop_map(|gain| Measure::NDcgRel { gain }),
        gains().prop_map(|gain| Measure::RNDcg { gain }),
        (real(9), prop::option::of(1..4), cutoff()).prop_map(|(p, rel, cutoff)| Measure::Rbp {
            p,
            rel,
            cutoff
        }),
        (real(9), cutoff()).prop_map(|(p, cutoff)| Measure::RbpResidual { p, cutoff }),
        (1..9, cutoff(), any::<bool>()).prop_map(|(max, cutoff, normalised)| Measure::Err {
            max,
            cutoff,
            normalised
        }),
    ]
}

fn sets() -> impl Strategy<Value = Measure> {
    let of = prop_oneof![
        Just(SetMeasure::P),
        Just(SetMeasure::RelativeP),
        Just(SetMeasure::R),
        Just(SetMeasure::Ap),
        real(5).prop_map(SetMeasure::F),
    ];
    let count = prop_oneof![
        Just(Count::Relevant),
        Just(Count::RelevantRetrieved),
        Just(Count::NonrelevantRetrieved)
    ];
    prop_oneof![
        (of, 1_i32..9).prop_map(|(of, rel)| Measure::Set { of, rel }),
        (count, 1_i32..9).prop_map(|(of, rel)| Measure::Num { of, rel }),
        Just(Measure::Num {
            of: Count::Queries,
            rel: 1
        }),
        Just(Measure::Num {
            of: Count::Retrieved,
            rel: 1
        }),
    ]
}

proptest! {
    #[test]
    fn printing_and_parsing_are_inverse(measure in prop_oneof![binary(), graded(), sets()]) {
        prop_assert_eq!(measure.to_string().parse::<Measure>().unwrap(), measure);
    }

    #[test]
    fn what_parses_prints_and_parses_again(text in "[a-zA-Z_]{1,9}[@(=)_.a-z0-9]{0,9}") {
        if let Ok(measure) = text.parse::<Measure>() {
            prop_assert_eq!(measure.to_string().parse::<Measure>().unwrap(), measure);
        }
    }
}
