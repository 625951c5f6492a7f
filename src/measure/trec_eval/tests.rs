use super::*;

fn columns(dialect: Dialect, names: &[&str]) -> Vec<String> {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let columns = Columns::new(dialect, &names, 1, 0).unwrap();
    columns.columns.into_iter().map(|column| column.name).collect()
}

#[test]
fn official_is_what_nothing_stands_for() {
    let official = columns(Dialect::TrecEval10, &[]);
    assert_eq!(official, columns(Dialect::TrecEval10, &["official"]));
    assert_eq!(official[..4], ["runid", "num_q", "num_ret", "num_rel"]);
    assert_eq!(official[10..12], ["iprec_at_recall_0.00", "iprec_at_recall_0.10"]);
    assert_eq!(official.last().map(String::as_str), Some("P_1000"));
    assert_eq!(official.len(), 30);
}

#[test]
fn columns_stand_in_the_order_of_trec_eval_whatever_the_order_of_names() {
    let names = [
        "ndcg_cut.20,5",
        "map",
        "P_10",
        "RBP(p=0.5)",
        "set_F.2",
        "ndcg.1=3,2=9",
        "Rprec_mult.5,.2",
    ];
    assert_eq!(
        columns(Dialect::TrecEval9, &names),
        [
            "map",
            "P_10",
            "Rprec_mult_0.20",
            "Rprec_mult_5.00",
            "ndcg_1=3,2=9",
            "ndcg_cut_5",
            "ndcg_cut_20",
            "set_F_2",
            "RBP(p=0.5)",
        ]
    );
}

#[test]
fn parameters_take_the_place_of_a_familys_and_add_up() {
    let all = columns(Dialect::TrecEval10, &["official", "P.7", "P.3,5", "P.5"]);
    let precisions: Vec<&String> = all.iter().filter(|name| name.starts_with("P_")).collect();
    assert_eq!(precisions, ["P_3", "P_5", "P_7"]);
}

#[test]
fn version_9_has_no_rbp_and_no_unj_in_its_families() {
    let ten = columns(Dialect::TrecEval10, &["all_trec"]);
    let nine = columns(Dialect::TrecEval9, &["all_trec"]);
    let news: Vec<&String> = ten.iter().filter(|name| !nine.contains(name)).collect();
    assert_eq!(news, ["rbp", "rbp_resid", "unj_5", "unj_10", "unj_20"]);
    assert_eq!(columns(Dialect::TrecEval9, &["unj.5"]), ["unj_5"]);
}

#[test]
fn in_this_programs_own_dialect_families_have_this_programs_names() {
    assert_eq!(
        columns(Dialect::Evalrun, &[]),
        ["success@1", "nDCG@10", "RR@10", "R@100", "Judged@10"]
    );
    let set = columns(Dialect::Evalrun, &["set"]);
    assert_eq!(
        set,
        [
            "NumQ",
            "NumRet",
            "NumRel",
            "NumRelRet",
            "utility",
            "SetP",
            "SetP(relative=true)",
            "SetR",
            "SetAP",
            "SetF"
        ]
    );
}

#[test]
fn the_level_is_that_of_names_that_do_not_say() {
    let names = [
        "map".to_owned(),
        "RR(rel=3)".to_owned(),
        "RR".to_owned(),
        "ndcg".to_owned(),
    ];
    let columns = Columns::new(Dialect::TrecEval9, &names, 2, 0).unwrap();
    let printed: Vec<&String> = columns.columns.iter().map(|column| &column.name).collect();
    assert_eq!(printed, ["map", "ndcg", "RR(rel=3)", "RR(rel=2)"]);
    let topic = Topic {
        ranked: vec![Some(1), Some(2), Some(3)],
        judged: vec![1, 2, 3],
    };
    let values = columns.row(&topic).values;
    assert_eq!(values[0], Some((1.0 / 2.0 + 2.0 / 3.0) / 2.0));
    assert_eq!(values[2..], [Some(1.0 / 3.0), Some(1.0 / 2.0)]);
}

#[test]
fn grades_can_be_read_one_by_one() {
    let columns = Columns::new(Dialect::TrecEval9, &["relstring.5".to_owned()], 1, 0).unwrap();
    let topic = Topic {
        ranked: vec![Some(0), None, Some(-1), Some(12), Some(3), Some(1)],
        judged: vec![0],
    };
    let mut printed = String::new();
    Table::new(&columns, false)
        .query("7", &columns.row(&topic), &mut printed)
        .unwrap();
    assert_eq!(printed, "relstring_5           \t7\t'0-.>3'\n");
}

#[test]
fn a_geometric_mean_has_a_floor_and_counts_missing_queries_at_it() {
    let columns = Columns::new(Dialect::TrecEval9, &["gm_map".to_owned()], 1, 0).unwrap();
    let mut totals = Totals::new(&columns);
    for ranked in [vec![Some(1)], vec![Some(0)]] {
        let topic = Topic {
            ranked,
            judged: vec![1],
        };
        totals.add(&columns, &columns.row(&topic));
    }
    let mean = |queries: Queries| {
        let mut printed = String::new();
        Table::new(&columns, false)
            .run("t", &totals, &queries, &mut printed)
            .unwrap();
        printed
    };
    // √(1 × 0.00001), then the fourth root of 0.00001³.
    let queries = Queries {
        judged: 4,
        positive: 4,
        complete: false,
    };
    assert_eq!(mean(queries), "gm_map                \tall\t0.0032\n");
    let complete = Queries {
        complete: true,
        ..queries
    };
    assert_eq!(mean(complete), "gm_map                \tall\t0.0002\n");
}
