//! One sentence per cell: what became of the best answer.

use crate::evaluate::StageView;
use crate::pipeline::Pipeline;

use super::{Topic, input_views};

/// What became of the best answer, as a sentence.
pub(crate) fn sentence(topic: &Topic<'_>, pipeline: &Pipeline, views: &[StageView]) -> String {
    let Some(last) = views.last() else {
        return "No list was kept.".to_owned();
    };
    if topic.targets.is_empty() {
        return "No relevant document is judged for this query.".to_owned();
    }
    let inputs = input_views(pipeline, last, views);
    let now = topic.first_target(last);
    let then = inputs
        .iter()
        .filter_map(|v| Some((topic.first_target(v)?, v.stage.as_str())))
        .min();
    let subject = topic.subject();
    let sentence = match (then, now) {
        (Some(_), now) if inputs.len() > 1 => {
            let place = |v: &&StageView| match topic.first_target(v) {
                Some(rank) => format!("#{rank} in {}", v.stage),
                None => format!("not in {}", v.stage),
            };
            let before = inputs.iter().map(place).collect::<Vec<_>>().join(", ");
            match now {
                Some(now) => format!("{subject} is at #{now} ({before})."),
                None => format!("{subject} was lost by {} ({before}).", last.stage),
            }
        }
        (None, Some(now)) if inputs.is_empty() => format!("{subject} is at #{now}."),
        (None, Some(now)) => format!("{subject} came in at #{now}."),
        (None, None) => format!("{subject} was not found by any stage."),
        (Some((then, _)), Some(now)) if then > now => format!("{subject} rose from #{then} to #{now}."),
        (Some((then, _)), Some(now)) if then < now => format!("{subject} fell from #{then} to #{now}."),
        (Some(_), Some(now)) => format!("{subject} stayed at #{now}."),
        (Some((then, stage)), None) => {
            format!(
                "{subject} was at #{then} in {stage} and was lost by {}.",
                last.stage
            )
        }
    };
    let mut chars = sentence.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}
