use super::*;
use crate::report::fixture::{HOSTILE, evaluation, losses, many_cells};

fn parsed(data: &Data) -> serde_json::Value {
    serde_json::from_str(&data.json()).unwrap()
}

#[test]
fn every_query_is_there_with_its_values_and_lists() {
    let evaluation = evaluation();
    let data = data(&evaluation, &Set::all(&evaluation)).unwrap();
    assert_eq!(data.with_lists(), (25, 26), "one query does not move");
    let json = parsed(&data);
    let parts = &json["sets"][0];
    assert_eq!(parts["name"], "parts");
    assert_eq!(parts["cutoffs"], serde_json::json!([1, 10, 100]));
    let first = &parts["queries"][0];
    assert_eq!(first["key"], "parts-q15", "the one that moves most");
    // The list of a stage that two cells share is there once.
    let (dense, hybrid) = (&parts["at"][0][0], &parts["at"][1][0]);
    assert_eq!(dense[0], hybrid[0]);
    let list = &parts["lists"][dense[0].as_u64().unwrap() as usize];
    let doc = list["d"][0].as_u64().unwrap() as usize;
    let views = &evaluation.traces[parts["cells"][0]["id"].as_str().unwrap()]["q15"];
    assert_eq!(parts["docs"][doc][0], views[0].hits[0].doc.as_str());
}

#[test]
fn nothing_in_it_can_end_a_script() {
    let evaluation = evaluation();
    let json = data(&evaluation, &Set::all(&evaluation)).unwrap().json();
    assert!(!json.contains(['<', '>', '&', '\u{202e}', '\u{2028}']));
    assert!(!json.contains("\\u001b"), "made visible, not merely escaped");
    let title = parsed_titles(&json);
    assert!(title.iter().any(|t| t.starts_with("</script><img")), "{HOSTILE}");
}

fn parsed_titles(json: &str) -> Vec<String> {
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    let docs = json["sets"][0]["docs"].as_array().unwrap().clone();
    docs.iter().map(|d| d[1].as_str().unwrap().to_owned()).collect()
}

#[test]
fn lists_beyond_the_bound_are_held_back_and_values_are_not() {
    let evaluation = many_cells(4);
    let sets = Set::all(&evaluation);
    let some = data_within(&evaluation, &sets, 100).unwrap();
    let (with, all) = some.with_lists();
    assert!(0 < with && with < all, "{with} of {all}");
    let json = parsed(&some);
    assert_eq!(json["sets"][0]["values"][0].as_array().unwrap().len(), all);
}

#[test]
fn a_missing_document_has_a_sentence_that_names_the_step() {
    let (evaluation, id) = losses::evaluation();
    let json = parsed(&data(&evaluation, &Set::all(&evaluation)).unwrap());
    let set = &json["sets"][0];
    let at = |of: &str, is: &dyn Fn(&serde_json::Value) -> bool| {
        set[of].as_array().unwrap().iter().position(is).unwrap()
    };
    let cell = at("cells", &|c| c["id"] == id.as_str());
    let query = at("queries", &|q| q["id"] == "q01");
    let said = &set["strings"][set["fates"][cell][query][0].as_u64().unwrap() as usize];
    assert_eq!(said, "p10 is lost by graph (d): #1 after exact search (d).");
}
